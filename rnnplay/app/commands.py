"""What the command palette offers, the user's key map, and which run to take up at the start."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.markup import escape
from textual.screen import Screen

from rnnplay.app.keys import HERE, TOOLKIT, active_keys, bindings_of
from rnnplay.app.state import Settings, settings_path
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.text.display import visible
from rnnplay.text.records import to_json

if TYPE_CHECKING:
    from textual.binding import Binding

    from rnnplay.app.app import Playground


def system_commands(app: "Playground", screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Yield every action that works on the screen now, and what belongs to the app as a whole."""
    for key in active_keys(screen):
        if key.action.startswith(("command_palette", "app.command_palette")):
            continue
        walks = key.action in TOOLKIT or (key.group == HERE and not key.action.startswith("screen."))
        yield SystemCommand(
            key.says,
            f"key {key.shown}",
            lambda key=key: app.call_later(app.run_action, key.action, key.node),
            discover=not walks,  # what moves a cursor is found by its name alone
        )
    shown = app.desk.following.run if app.desk.following is not None else None
    for run in app.desk.offers.running:
        if run != shown:
            title = f"Follow the training of '{escape(visible(run.name))}'"
            yield SystemCommand(title, "In Train", lambda run=run: app.desk.offers.follow(run))
    yield SystemCommand("Start the engine again", "The process that samples and counts", lambda: restart(app))
    yield SystemCommand("Write a settings file", "With every key as it is, to be changed", lambda: write_settings(app))


def restart(app: "Playground") -> None:
    """Start the engine again where it has ended."""
    if app.desk.engine.state in {"dead", "off"}:
        app.run_worker(app.start_engine(), group="engine", exit_on_error=False)
    else:
        app.desk.say("Nothing to start again: the engine runs.")


def all_bindings() -> "Iterator[Binding]":
    """Return every binding that has an id: the app's, its places' and their widgets'."""
    from rnnplay.app import app  # noqa: F401 - defines them
    from rnnplay.app.screens import corpus, dialogs, help, quit, runs, sample, train  # noqa: A004, F401 - defines them

    waiting: list[type[DOMNode]] = [DOMNode]
    seen: set[type[DOMNode]] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        waiting += one.__subclasses__()
        if one.__module__.startswith("rnnplay."):
            yield from bindings_of(one)


def unknown_keys(settings: Settings) -> list[str]:
    """Return a sentence for ids in the key map that no binding has."""
    known = {binding.id for binding in all_bindings()}
    unknown = sorted(set(settings.keys) - known)
    return [f"'{settings_path()}' names keys that don't exist: {', '.join(unknown[:5])}."] if unknown else []


def write_settings(app: "Playground") -> None:
    """Write a settings file in which every line is a comment, and say where it is."""
    path = settings_path()
    if path.exists():
        app.desk.say(f"The settings file is '{path}'.")
        return
    lines = [
        "# rnnplay: take the '#' from a line to change it.",
        "# bell = true  # when a training has ended",
        "",
        "[keys]",
    ]
    for binding in sorted(all_bindings(), key=lambda binding: binding.id or ""):
        says = binding.tooltip or binding.description
        lines.append(f'# "{binding.id}" = "{binding.key}"{f"  # {says}" if says else ""}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        app.desk.say(f"'{path}' can't be written: {error.strerror or error}.", "error")
        return
    app.desk.say(f"'{path}' holds every key now, each as a comment to be changed.")


def run_to_follow(last: str | None) -> Run | None:
    """Return the newest run that trains, or else the last one that was shown, if it is still there."""
    runs = folder.all_runs()
    training = next((run for run in runs if run.is_training()), None)
    return training or next((run for run in runs if to_json(run.name) == last), None)
