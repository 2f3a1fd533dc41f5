"""Where things are: the user's data folder, and the texts and models that ship."""

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).parent


def home() -> Path:
    """Return the folder of runs, texts, cache and trash: RNNPLAY_HOME, or the platform's own data folder."""
    chosen = os.environ.get("RNNPLAY_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("rnnplay", appauthor=False)


def expanded(place: str) -> Path:
    """Return a path, with a leading `~/` made the user's home; `~name` is a name like any other."""
    return Path(place).expanduser() if place == "~" or place.startswith(("~/", "~\\")) else Path(place)


def runs_folder() -> Path:
    """Return the folder that holds one folder for each run."""
    return home() / "runs"


def trash_folder() -> Path:
    """Return the folder where removed runs and kept texts go."""
    return home() / "trash"


def texts_folder() -> Path:
    """Return the folder of texts that were pasted, or fetched from an address of the user's own."""
    return home() / "texts"


def downloads_folder() -> Path:
    """Return the folder of the catalogue's downloads."""
    return home() / "downloads"


def cache_folder() -> Path:
    """Return the folder of what can be made again: encoded texts and baselines."""
    return home() / "cache"


def shipped(kind: str) -> Path:
    """Return the folder of shipped 'corpora' or 'checkpoints': the installed package's, or else the repository's."""
    installed = PACKAGE / "_shipped" / kind
    return installed if installed.is_dir() else PACKAGE.parent / kind
