"""The keys of Train, and what F1 says of it."""

from textual.binding import Binding, BindingType

from rnnplay.app.widgets.chart.keys import passed_on

HELP = """\
Train a network on the chosen text (F2 chooses another), and watch it learn.

**Before the start** all that a field leaves empty is chosen for the budget, the text and this machine, around what you
type; enter starts. A box tells what the settings come to, and at the bottom stands what the field that has the focus
does.

**A trained network** can learn on: in Runs, `f` on a run leads here. Its shape stays as it is, its rate is lower, and
characters that it doesn't know are folded or added. Backspace takes it away again.

**Then** the bold curve is the training loss, smoothed, over the faint unsmoothed one; circles are losses on text that
the network never trains on; dotted levels are what simple models reach on the same text, and a double line, under the
curve of a generated text, is what a perfect network would. The text beside it is always written from the same prompt
and seed, so that you see it learn: `,` and `.` leaf through all that it wrote.

The training is a process of its own: leave the app and it may go on, come back and it is followed again. One that was
begun in another terminal is offered (F8) and steered just the same.

At **low priority**, the default, it gives way to other programs: on a busy machine it is slower, and disturbs less. `p`
switches to normal priority for what is started from then on.
"""

KEYS: list[BindingType] = [
    Binding("f9,ctrl+t", "start", "start training", id="train.start", tooltip="Start training with the settings"),
    Binding("space", "pause", "pause/on", id="train.pause", tooltip="Pause the training, or let it go on"),
    Binding("x", "stop", "stop & save", id="train.stop", tooltip="Save, measure and finish the training"),
    Binding("left_square_bracket", "rate(0)", "rate -", id="train.slower", tooltip="Lower the learning rate"),
    Binding("right_square_bracket", "rate(1)", "rate +", id="train.faster", tooltip="Raise the learning rate"),
    Binding("s", "sample", "sample", id="train.sample", tooltip="Let the run's best network write, in Sample"),
    Binding("c", "go_on", "go on", id="train.go_on", tooltip="Go on with a training that was stopped or has died"),
    Binding("e", "extend", "longer", id="train.extend", tooltip="Go on with a larger budget"),
    Binding("m", "more", "more", id="train.more", tooltip="All figures, milestones and the whole sample, or less"),
    Binding("g", "sample_now", "sample now", id="train.sample_now", tooltip="Let the training write a sample now"),
    Binding("v", "save_now", "save", id="train.save_now", show=False, tooltip="Let the training save now"),
    Binding("n", "new", "new", id="train.new", tooltip="Set up a new training"),
    Binding("escape", "back", "back", id="train.back", show=False, tooltip="Leave the field; back to the run"),
    Binding(
        "backspace",
        "forget_origin",
        "new network",
        id="train.forget_origin",
        show=False,
        tooltip="Begin from a new network, not from the one that was chosen",
    ),
    Binding(
        "p",
        "priority",
        "priority",
        id="train.priority",
        show=False,
        tooltip="Let trainings started from now on give way to other programs, or compete with them",
    ),
    Binding("o", "overlay", "overlay", id="train.overlay", show=False, tooltip="Lay other runs over the chart"),
    Binding("comma", "scrub(-1)", id="train.earlier", show=False, tooltip="What it wrote earlier"),
    Binding("full_stop", "scrub(1)", id="train.later", show=False, tooltip="What it wrote later"),
    *passed_on("train"),
]
