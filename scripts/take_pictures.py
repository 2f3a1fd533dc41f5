"""Take the README's pictures from the running app: `python -m scripts.take_pictures`, two minutes and a bit.

The app runs without a terminal, on its real engine, in a data folder of its own; two trainings of a minute and half a
minute are begun in it by its own keys. Writes `docs/pictures/PLACE.svg`.
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SIZE = (120, 34)
PATIENCE = 180.0  # seconds


async def take(pilot: Pilot[Any], name: str) -> None:
    """Save what is on the screen; the picture refers to nothing on the web."""
    picture = pilot.app.export_screenshot(title="rnnplay")
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


async def until_trained(pilot: Pilot[Any], spent: float) -> None:
    """Wait until the followed training has spent this share of its budget, 1 for its end.

    Raises:
        TimeoutError: It takes too long.
    """
    desk = pilot.app.desk  # type: ignore[attr-defined]
    async with asyncio.timeout(PATIENCE):
        while True:
            await pilot.pause(0.2)
            history = desk.following.history if desk.following is not None and desk.starting is None else None
            if history is None or history.progress is None:
                continue
            if history.finished is not None or (spent < 1 and history.progress.spent >= spent):
                return


async def journey() -> None:
    """Walk through the places as a newcomer would, and take a picture of each."""
    from rnnplay.app.app import Playground
    from rnnplay.model.config import ModelConfig
    from rnnplay.training.config import Budget, TrainingConfig

    app = Playground()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(9)
        await pilot.press("h")
        await pilot.pause(1)
        await take(pilot, "sample")
        await pilot.press("f2")
        await pilot.pause(3)
        await take(pilot, "corpus")
        await app.desk.start_training(TrainingConfig(), "tide-lamp")
        await pilot.press("f3")
        await until_trained(pilot, 0.6)
        await take(pilot, "train")
        await until_trained(pilot, 1)
        small = TrainingConfig(ModelConfig(hidden_size=128), budget=Budget("minutes", 0.5))
        await app.desk.start_training(small, "paper-boat")
        await until_trained(pilot, 1)
        await pilot.press("f5")
        await pilot.pause(2)
        await pilot.press("space", "down", "space")
        await pilot.pause(1)
        await take(pilot, "runs")
        await app.desk.engine.close()


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        os.environ.pop("NO_COLOR", None)
        asyncio.run(journey())


if __name__ == "__main__":
    main()
