"""The keys of Sample, and what F1 says of it."""

from textual.binding import Binding, BindingType
from textual.content import Content

HELP = """
A network writes, one character after another. At each place it gives every character a probability; one is drawn.

**Temperature** says how bold the draw is: near 0 it takes the likeliest and repeats itself, at 1 it draws as it has
learned, above that it dares more and errs more. Change it while the text comes: it goes on from where it is.
The bars follow at once: `now` is with temperature and filters, `raw` without, and shaded behind the bar (│ inside it
where it is shorter). A cross marks a character that a filter cuts.

**Side by side** (`=` temperatures, `v` networks) Enter and space write all texts; every other key acts on the one with
the heavy frame, which Tab or a click changes: saving, copying, writing it again, its network, its bars, its copies.

Walk over the text with the arrows or the mouse: beside it stands what else could have come, and Enter takes another
character there and writes on. `h` shows how surprising each character was.

**Copies.** When a text stands, it is held beside the one that the network learned from. `c` underlines what stands
there word for word for 20 characters or more; the longest such run is bold, and `l` goes there, from there to the
next. Beside it stands how much is *new*: of all runs of 5, 10, ... characters, the share that the training text
lacks. That short runs are known is how words are made; where many long ones are known, it recites. *Real words*
is the share of words that occur in the training text; it takes 2,000 characters, and a shorter text is continued
for it in the background. Where the text has a rule, each whole line bears a sign: ✓ right and new, = right and
copied, ✗ wrong. Of other texts of independent lines: + new, = in the training text, ~ in the part held out, which the
network never saw.

A hundred texts and their grades in sum are the command line's: `rnnplay sample RUN --count 100 --check-copies`;
`w` copies the command for this text.

To train a network of your own, go to Train with F3; `f` goes there to train this one further, on another text.
"""


def _key(keys: str, action: str, name: str, description: str, tooltip: str, *, show: bool = False) -> Binding:
    return Binding(keys, action, description, show=show, id=f"sample.{name}", tooltip=tooltip)


KEYS: list[BindingType] = [
    _key("enter,n", "new", "write", "write", "Write a new text, with a new seed", show=True),
    _key("space", "pause", "pause", "stop/on", "Stop, or write on from where it stopped", show=True),
    _key("h", "heat", "heat", "heat", "Show how surprising each character was", show=True),
    _key("c", "copies", "copies", "copies", "Show what is copied, and which lines are right", show=True),
    _key("b", "branch", "branch", "branch", "Take another character at the cursor and write on", show=True),
    _key("equals_sign", "temperatures", "temperatures", "compare", "The same seed at three temperatures", show=True),
    _key("v", "versus", "versus", "versus", "The same seed with another network beside it"),
    _key("m", "network", "network", "network", "Choose the network", show=True),
    _key("a", "again", "again", "again", "Write this text again: with the same seed"),
    _key("minus", "warm(-1)", "colder", "colder", "Lower the temperature"),
    _key("plus", "warm(1)", "warmer", "warmer", "Raise the temperature"),
    _key("r", "preset", "preset", "preset", "Draw readable text, or raw: as the network learned"),
    _key("p", "pace", "pace", "pace", "Let the text appear slowly, to be read, fast or at once"),
    _key("i,slash", "prompt", "prompt", "prompt", "Write in the prompt"),
    _key("k,t", "knobs", "knobs", "knobs", "Go to the knobs, or close them"),
    _key("e", "bars", "bars", "bars", "Show or hide what the network expects"),
    _key("l", "longest", "longest", "longest copy", "Go to the longest copied run, then to the next"),
    _key("y", "copy", "copy", "copy", "Copy the whole text to the clipboard"),
    _key("s", "save", "save", "save", "Save the text to a file"),
    _key("w", "many", "many", "write many", "Copy the command that writes 100 such texts and sums them up"),
    _key("f", "learn_on", "learn_on", "train further", "Train this network further, on the chosen text"),
    _key("o", "earlier", "earlier", "earlier", "Go back to an earlier text of this sitting"),
    _key("up", "walk(-1)", "walk_up", "walk up", "Walk over the text, upwards"),
    _key("down", "walk(1)", "walk_down", "walk down", "Walk over the text, downwards"),
    _key("escape", "leave", "leave", "leave", "Leave the field, the comparison or the open panel"),
]


def also_keys() -> Content:
    """Return the keys that the footer has no room for, one a line."""
    lines = []
    for key in KEYS:
        assert isinstance(key, Binding)
        first, _, _ = key.key.partition(",")
        if not key.show and len(first) == 1:
            lines.append(Content.assemble((first, "bold $accent"), f" {key.description}"))
    return Content("\n").join(lines)
