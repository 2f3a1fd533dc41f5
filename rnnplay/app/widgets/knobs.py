"""What the knobs of a training do, what more or less of each costs, and where its default comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """How one knob of the form is explained.

    Attributes:
        label: What stands before it.
        gloss: A few words beside it.
        about: A sentence for the one that has the focus.
    """

    label: str
    gloss: str
    about: str


EXPLAINED = {
    "preset": Explained(
        "preset",
        "",
        "automatic chooses what you leave empty; the others are settings that go together: lesson, small, standard, "
        "wide, deep, for ever more minutes.",
    ),
    "cell": Explained(
        "cell",
        "",
        "lstm (Hochreiter, Schmidhuber 1997) and gru (Cho et al. 2014) learn what to keep, rnn (Elman 1990) "
        "soon forgets, ff sees 8 characters.",
    ),
    "layers": Explained(
        "layers",
        "one on the other; each takes as long again",
        "Layers of cells, one on the other: each costs about as much time again. In a minute one wide layer "
        "beat two narrow ones (tiny Shakespeare).",
    ),
    "hidden": Explained(
        "width",
        "units of a layer; twice the units, 4 times as long",
        "Units of a layer: twice as many take four times as long, and get further if there is time. 256 to "
        "384 came out alike in a minute.",
    ),
    "seq_len": Explained(
        "sequence",
        "characters that gradients flow back through",
        "Truncated backpropagation (Williams and Peng 1990): longer learns longer links, shorter makes more "
        "steps. 64 beat 32 and 128 in a minute.",
    ),
    "batch": Explained(
        "batch",
        "rows of the text at once; fewer, more steps",
        "Rows of the text that a step reads at once: more use the machine better, fewer make more steps a "
        "minute. 32 beat 16 and 64 in a minute.",
    ),
    "dropout": Explained(
        "dropout",
        "share switched off, against learning by heart",
        "Share of a layer's outputs set to zero in training (Srivastava et al. 2014): keeps small texts from "
        "being learned by heart.",
    ),
    "lr": Explained(
        "rate",
        "how far a step goes, at its height",
        "The learning rate at its height: lower, and the budget is over too soon; higher, and the loss jumps."
        " What is chosen suits cell, width and rows.",
    ),
    "amount": Explained(
        "budget",
        "",
        "How long: the rate falls over the last 70 % of it, where most of the gain comes, so a longer "
        "training is better to its very end.",
    ),
    "unit": Explained(
        "",
        "",
        "What the budget counts: minutes from the first step on, pauses aside; steps, which can be repeated "
        "to the last bit; or readings of the text.",
    ),
    "device": Explained(
        "device",
        "",
        "Where it is computed: auto takes a CUDA GPU where torch finds one, and the processor elsewhere; a GPU pays "
        "with wide layers and large batches.",
    ),
    "priority": Explained(
        "priority",
        "",
        "low gives way to other programs; normal competes with them. Alone both are as fast. It holds for all that is "
        "started or resumed here.",
    ),
    "extend": Explained(
        "new chars",
        "",
        "Characters that the network doesn't know: fold reads them as its unknown symbol, or leaves them out;"
        " add takes them in, to be learned.",
    ),
    "name": Explained(
        "name",
        "empty: it gets two words",
        "What the run and its folder are called; left empty, it gets two words that no other run has.",
    ),
}
