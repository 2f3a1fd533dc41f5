"""What the knobs of a training do, what more or less of each costs, and where its default comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Knob:
    """One knob of the form.

    Attributes:
        label: What stands before it.
        gloss: A few words beside it.
        about: A sentence for the one that has the focus.
    """

    label: str
    gloss: str
    about: str


KNOBS = {
    "preset": Knob(
        "preset",
        "",
        "Settings that go together: standard for a minute on two cores, small for less, wide for some minutes, deep "
        "for an hour or a GPU, lesson to look into; chosen on training text alone. Any field may be changed after.",
    ),
    "cell": Knob(
        "cell",
        "",
        "lstm (Hochreiter, Schmidhuber 1997) and gru (Cho et al. 2014) learn what to keep, rnn (Elman 1990) soon "
        "forgets, ff (Bengio et al. 2003) sees 8 characters; each brings the rate that was best on the play.",
    ),
    "layers": Knob(
        "layers",
        "one on the other; each takes as long again",
        "Layers of cells, one on the other: each costs about as much time again, and pays only where there is much "
        "of it; one wide layer beat two narrow ones in a minute, measured on tiny Shakespeare.",
    ),
    "hidden": Knob(
        "width",
        "units of a layer; twice the units, 4 times as long",
        "Units of a layer: twice as many take about four times as long for a character, and get further if there is "
        "time to; 256 to 512 came out alike in a minute, measured on tiny Shakespeare.",
    ),
    "seq_len": Knob(
        "sequence",
        "characters that gradients flow back through",
        "Truncated backpropagation (Williams and Peng 1990): longer learns longer links, shorter makes more steps a "
        "minute; 64 beat 32 and 128 in a minute, measured on tiny Shakespeare.",
    ),
    "batch": Knob(
        "batch",
        "rows of the text at once; fewer, more steps",
        "Rows of the text that a step reads at once: more use the machine better, fewer make more steps a minute; "
        "small batches beat big ones on two cores, measured on tiny Shakespeare. A GPU wants more.",
    ),
    "dropout": Knob(
        "dropout",
        "share switched off, against learning by heart",
        "The share of a layer's outputs set to zero in training (Srivastava et al. 2014): more keeps a small text from "
        "being learned by heart, and slows a short training; 0.2 did well for five minutes of tiny Shakespeare.",
    ),
    "lr": Knob(
        "rate",
        "how far a step goes, at its height",
        "The learning rate at its height: lower, and the budget is over too soon; higher, and the loss jumps or stops "
        "being a number; the default is what the cell learned fastest with, measured on the play.",
    ),
    "amount": Knob(
        "budget",
        "",
        "How long: the rate falls over the last 70 % of it, where most of the gain comes, so a longer training is "
        "better to its very end; a minute is the default because that is worth reading already.",
    ),
    "unit": Knob(
        "",
        "",
        "What the budget counts: minutes from the first step on, pauses aside; steps of the optimizer, with which a "
        "training can be repeated to the last bit; or epochs, which are readings of the whole text.",
    ),
    "device": Knob(
        "device",
        "",
        "Where it is computed: auto takes a CUDA GPU where torch finds one, and the processor elsewhere; a GPU pays "
        "with wide layers and large batches.",
    ),
    "extend": Knob(
        "new chars",
        "",
        "What becomes of characters that the network doesn't know: fold makes them its symbol for unknown ones, or "
        "leaves them out where it has none; add takes them into its vocabulary, to be learned from next to nothing on.",
    ),
    "name": Knob(
        "name",
        "empty: it gets two words",
        "What the run and its folder are called; left empty, it gets two words that no other run has.",
    ),
}
