"""More characters for a network that is trained already."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rnnplay.model.checkpoint import Checkpoint
from rnnplay.text.vocabulary import Vocabulary

SHARE = 5e-7  # of all probability, that the new characters take together at most, whatever the network has read


def extended(checkpoint: Checkpoint, symbols: Sequence[str], seed: int = 0) -> Checkpoint:
    """Return the network with more characters, whose rows stand after its own; every other weight stays as it is.

    A new character's row in the head is the mean of the V old rows, with a bias that is lower by a margin m, so its
    logit is always the mean of the old logits less m. The logarithm of the sum of V exponentials is at least their mean
    plus log V (Jensen), so each of K new characters gets at most exp(-m) / V, and with m = log(K / (V * SHARE)) all
    of them get at most `SHARE`: the loss on a text without them rises by no more nats than that. Their embeddings are
    drawn as a new network's are, with the old ones' spread.

    Args:
        checkpoint: The network; its state, if it has one, fits no more and is left out.
        symbols: The new characters, none of which it knows.
        seed: Of the embeddings.
    """
    if not symbols:
        return replace(checkpoint, state={})
    vocabulary = Vocabulary((*checkpoint.vocabulary.symbols, *symbols), checkpoint.vocabulary.unknown)
    tensors = dict(checkpoint.tensors)
    embedding, weight, bias = (tensors[name] for name in ("embedding.weight", "head.weight", "head.bias"))
    count = len(symbols)
    margin = np.log(count / (len(bias) * SHARE))
    drawn = np.random.Generator(np.random.PCG64(seed)).standard_normal((count, embedding.shape[1]))
    rows = np.broadcast_to(weight.mean(axis=0, dtype=np.float64), (count, weight.shape[1]))
    tensors["embedding.weight"] = _joined(embedding, drawn * embedding.std())
    tensors["head.weight"] = _joined(weight, rows)
    tensors["head.bias"] = _joined(bias, np.full(count, bias.mean(dtype=np.float64) - margin))
    return replace(checkpoint, vocabulary=vocabulary, tensors=tensors, state={})


def _joined(old: NDArray[np.float32], new: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.concatenate([old, new.astype(np.float32)])
