"""The keys of Runs, and what F1 says of it."""

from textual.binding import Binding, BindingType

HELP = """\
Every training is a **run**, kept in a folder of its own. Those that train now are alive here, whoever started them.

Mark runs with **space**: their curves are laid over each other, each with its letter, and the line below tells what
differs in their settings. Losses on different texts don't compare: a note under the curves says where that is so.
Click a column's title to sort by it, click again to turn the order round.

**nats** is the best validation loss: lower is better. **excess**, of generated texts alone, is how many bits per
character it is above a perfect network's. Each run was measured on what it held out itself; `v` scores the marked runs
by one protocol on one text, and says what differs and what to mind.

`f` trains a run's network further on the chosen text, as a new run. `E` makes a folder to give a run away, `i` takes
such a folder in, `y` shows the one command that repeats a run. Removed runs go to the trash folder, not away.
"""

KEYS: list[BindingType] = [
    Binding("enter,s", "sample", "sample", id="runs.sample", tooltip="Let this run's network write in Sample"),
    Binding("w", "watch", "watch", id="runs.watch", tooltip="Watch this run in Train"),
    Binding("space", "mark", "mark", id="runs.mark", tooltip="Mark this run, or take its mark away"),
    Binding("v", "compare", "compare", id="runs.compare", tooltip="Score the marked runs on one text"),
    Binding("f", "fine_tune", "fine-tune", id="runs.fine_tune", tooltip="Train its network on the chosen text"),
    Binding("r", "resume", "resume", id="runs.resume", tooltip="Train this run further"),
    Binding("d,delete", "remove", "remove", id="runs.remove", tooltip="Move this run to the trash; asks"),
    Binding("slash", "filter", "filter", key_display="/", id="runs.filter", tooltip="Show only some runs"),
    Binding("n", "rename", "rename", id="runs.rename", tooltip="Give this run another name"),
    Binding("y", "recipe", "recipe", id="runs.recipe", show=False, tooltip="Show and copy what repeats this run"),
    Binding("E", "export", "export", id="runs.export", show=False, tooltip="Make a folder to give this run away"),
    Binding("i", "import", "import", id="runs.import", show=False, tooltip="Take in a folder that was exported"),
    Binding("x", "stop", "stop", id="runs.stop", show=False, tooltip="Let this training save and stop"),
    Binding("p", "pause", "pause", id="runs.pause", show=False, tooltip="Let this training pause, or go on"),
    Binding("c", "clear", "no marks", id="runs.clear", show=False, tooltip="Take all marks away"),
    Binding("D", "remove_marked", "remove all", id="runs.remove_marked", show=False, tooltip="Remove marked runs"),
    Binding("o", "sort(1)", "sort", id="runs.sort", show=False, tooltip="Sort by the next column"),
    Binding("O", "turn", "turn", id="runs.turn", show=False, tooltip="Turn the order round"),
    Binding("escape", "leave", "leave", id="runs.leave", show=False, tooltip="Leave the field; show all runs again"),
]
