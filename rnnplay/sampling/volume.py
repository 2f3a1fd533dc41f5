"""Many texts at once, in torch: what one stream costs little more than, a block of them costs together.

Whole i is drawn with the seed that `rnnplay sample` gives it, by the same numbers between 0 and 1: it is the text that
one stream writes, but for a draw so near the edge between two characters that rounding decides.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.device import find_device
from rnnplay.model.heap import keep_freed
from rnnplay.model.spin_control import SpinControl
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import Writer, ids_before
from rnnplay.text.vocabulary import Ids, smallest_dtype

# Streams that go side by side. There are always so many, so that a text doesn't depend on how many are asked for.
BLOCK = 256
STEPS = 32  # characters of each stream between two looks at them
COLDEST = 1e-30  # the lowest temperature: scores over it are still numbers of single precision

_State = Sequence[tuple[Tensor, ...]]


class Written(msgspec.Struct, frozen=True):
    """How far a block has come.

    Attributes:
        texts: That are done and told.
        chars: Written so far, those of streams that have ended counted no further.
        share: Of everything that was asked for, from 0 to 1.
    """

    texts: int
    chars: int
    share: float


class Whole(msgspec.Struct, frozen=True):
    """A whole text.

    Attributes:
        number: Its place among all, from 0 on; its seed is the first one's and so many more.
    """

    number: int
    text: str


def write_many(
    checkpoint: Checkpoint,
    prompt: str,
    settings: SampleSettings,
    count: int,
    device: str = "auto",
    block: int = BLOCK,
) -> Iterator[Written | Whole]:
    """Write texts after one prompt, a block of them at a time, and say in between how far it has come.

    Args:
        checkpoint: The network.
        prompt: What each text begins with, as for `rnnplay.sampling.sampler.sample`.
        settings: How they are drawn; text i has the seed `settings.seed + i`.
        count: How many; they come in the order of their numbers.
        device: "auto" is a GPU where there is one, else the CPU.
        block: Streams side by side. Another number may change a text where rounding decides between two characters.

    Raises:
        UserError: A setting is out of its range, the device isn't there, or the network computes no numbers any more.
    """
    msgspec.structs.replace(settings, seed=settings.seed + max(count - 1, 0)).checked()
    streams = _Streams(checkpoint, prompt, settings, torch.device(find_device(device)), block)
    chars = 0
    for first in range(0, count, block):
        texts = _Texts(checkpoint, settings, min(block, count - first))
        for ids in streams.drawn(settings.seed + first):
            texts.take(ids)
            done = first + texts.count * texts.length / max(settings.length, 1)
            yield Written(first, chars + texts.chars, min(done / count, 1.0))
            if texts.ended:
                break
        chars += texts.chars
        yield from (Whole(first + number, text) for number, text in enumerate(texts.texts()))
        yield Written(first + texts.count, chars, (first + texts.count) / count)


class _Texts:
    """The texts of a block, as they grow.

    Attributes:
        count: How many are wanted of the block.
        length: How far the longest has come.
    """

    def __init__(self, checkpoint: Checkpoint, settings: SampleSettings, count: int) -> None:
        self.count, self.length = count, 0
        self._vocabulary, self._stop = checkpoint.vocabulary, settings.stop
        self._points = np.array([ord(symbol) for symbol in checkpoint.vocabulary.symbols], "<u4")
        self._parts: list[NDArray[np.uint32]] = []
        self._ends = np.full(count, -1)  # where a text has ended; -1 while it goes on
        self._tails = [""] * count

    def take(self, ids: Ids) -> None:
        """Take further characters of each stream, shape [time, block]."""
        points = self._points[ids[:, : self.count]]
        self._parts.append(points)
        if self._stop:
            for number in np.flatnonzero(self._ends < 0).tolist():
                self._look_for_the_end(number, points[:, number])
        self.length += len(ids)

    def _look_for_the_end(self, number: int, points: NDArray[np.uint32]) -> None:
        tail = self._tails[number]
        text = tail + _text(points)
        place = text.find(self._stop)
        if place >= 0:
            self._ends[number] = self.length - len(tail) + place + len(self._stop)
        self._tails[number] = text[max(len(text) - len(self._stop) + 1, 0) :]

    @property
    def ended(self) -> bool:
        """Whether all of them have met the text that ends them."""
        return bool((self._ends >= 0).all())

    @property
    def chars(self) -> int:
        """How many characters they have."""
        return int(np.where(self._ends < 0, self.length, self._ends).sum())

    def texts(self) -> Iterator[str]:
        """Yield them."""
        if not self._parts:
            yield from [""] * self.count
            return
        columns = np.ascontiguousarray(np.concatenate(self._parts).T)
        for points, end in zip(columns, self._ends.tolist(), strict=True):
            yield _text(points if end < 0 else points[:end])


def _text(points: NDArray[np.uint32]) -> str:
    return points.tobytes().decode("utf-32-le", "surrogatepass")


class _Streams:
    """A block of streams through one network, all after the same prompt."""

    def __init__(
        self, checkpoint: Checkpoint, prompt: str, settings: SampleSettings, device: torch.device, block: int
    ) -> None:
        self._settings, self._device, self._model, self._block = settings, device, checkpoint.model, block
        self._vocabulary = checkpoint.vocabulary
        before = ids_before(prompt, "", checkpoint.vocabulary)
        writer = Writer(checkpoint, settings)
        writer.read(before)
        self._place = writer.place
        self._step = _Network(checkpoint, device, block)
        # The unknown symbol is never drawn, unless it is all there is.
        self._barred = self._vocabulary.unknown if len(self._vocabulary) > 1 else None

    def drawn(self, seed: int) -> Iterator[Ids]:
        """Yield the ids that the streams draw, a few characters at a time, shape [time, block].

        Args:
            seed: Of the first stream; the others have those that follow.

        Raises:
            UserError: The network computes no numbers any more.
        """
        with torch.inference_mode(), SpinControl.for_device(self._device.type) as spin:
            # A recurrent layer's last entry is the product that one stream has made ahead.
            ahead = None if self._model.context is not None else -1
            state = self._step.kept(
                [tuple(self._across(part) for part in layer[:ahead]) for layer in self._place.state]
            )
            logits = self._across(self._place.logits)
            dice = [np.random.Generator(np.random.PCG64((seed + number) % (1 << 63))) for number in range(self._block)]
            for begun in range(0, self._settings.length, STEPS):
                steps = min(STEPS, self._settings.length - begun)
                drawn = np.stack([one.random(steps) for one in dice], axis=1)
                numbers = torch.from_numpy(drawn).to(self._device)[:, :, None]
                with spin.measure():
                    ids, sound, (logits, state) = self._several(numbers, logits, state)
                if not bool(sound):
                    raise UserError("This network computes no numbers any more: its training has diverged.")
                yield ids.cpu().numpy().astype(smallest_dtype(len(self._vocabulary)))

    def _across(self, part: NDArray[np.floating]) -> Tensor:
        """Return the same for every stream of a block, with the streams first."""
        return torch.from_numpy(np.array(part)).to(self._device).expand(self._block, *part.shape).contiguous()

    def _several(self, numbers: Tensor, logits: Tensor, state: _State) -> tuple[Tensor, Tensor, tuple[Tensor, _State]]:
        """Draw and read a character for each entry of some numbers, and tell whether all logits were numbers."""
        drawn, wholes = [], []
        for number in numbers:
            ids, whole = self._draw(logits, number)
            drawn.append(ids)
            wholes.append(whole)
            logits, state = self._step(ids, state)
        return torch.stack(drawn), torch.stack(wholes).isfinite().all(), (logits, state)

    def _draw(self, logits: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return for each stream an id, drawn as `Writer` draws, and what says whether its scores were numbers.

        Args:
            logits: Scores for the next character, shape [block, vocabulary]; they are written over.
            numbers: From 0 up to 1, one a stream, shape [block, 1].
        """
        settings = self._settings
        if self._barred is not None:
            logits[:, self._barred] = -torch.inf
        if settings.temperature == 0:
            best = logits.argmax(dim=1, keepdim=True)
            return best.view(-1), logits.gather(1, best)
        weights = filtered(logits.div_(max(settings.temperature, COLDEST)).softmax(dim=1), settings)
        reached = weights.cumsum(dim=1, dtype=torch.float64)
        last = logits.shape[1] - 1
        whole = reached.narrow(1, last, 1)
        chosen = torch.searchsorted(reached, numbers * whole, right=True)
        return chosen.view(-1).clamp_(max=last), whole


def filtered(weights: Tensor, settings: SampleSettings) -> Tensor:
    """Return the weights that the filters leave, the others set to zero: `sample_filters` for many at once.

    Args:
        weights: In proportion to the probabilities, shape [streams, vocabulary].
        settings: Of which `top_k`, `top_p` and `min_p` count.
    """
    if settings.top_k is None and settings.top_p is None and settings.min_p is None:
        return weights
    ranked = _ranked(weights)
    kept = torch.full_like(ranked[:, :1], ranked.shape[1], dtype=torch.long)
    if settings.top_k is not None:
        kept = kept.clamp(max=settings.top_k)
    if settings.top_p is not None:
        reached = ranked.cumsum(dim=1, dtype=torch.float64)
        kept = torch.minimum(kept, (reached < settings.top_p * reached[:, -1:]).sum(dim=1, keepdim=True) + 1)
    if settings.min_p is not None:
        kept = torch.minimum(kept, (ranked >= settings.min_p * ranked[:, :1]).sum(dim=1, keepdim=True))
    kept = kept.clamp(min=1)
    least = ranked.gather(1, kept - 1)
    above, level = weights > least, weights == least
    room = kept - above.sum(dim=1, keepdim=True)
    return weights * (above | (level & (level.cumsum(dim=1) <= room)))


def _ranked(weights: Tensor) -> Tensor:
    """Return each stream's weights, the largest first."""
    if weights.device.type == "cpu":  # numpy sorts several times as fast
        return torch.from_numpy(np.sort(weights.numpy(), axis=1)).flip(1)
    return weights.sort(dim=1, descending=True).values


class _Network:
    """A network that reads one character of each stream at a time; see `rnnplay.sampling.stepper.Stepper`.

    Of an LSTM it keeps h / 2 and 2 c, which weights make up for, as torch computes a sigma several times as fast as
    tanh x = 2 sigma(2x) - 1: so h / 2 is o (sigma(2c) - 1/2).
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device, block: int) -> None:
        keep_freed()
        self._model = checkpoint.model
        self._weights = {
            name: torch.from_numpy(np.array(value)).to(device) for name, value in checkpoint.tensors.items()
        }
        from_h = 2 if self._model.cell == "lstm" else 1
        self._head, self._head_bias = from_h * self._weights["head.weight"], self._weights["head.bias"]
        if self._model.cell == "ff":
            return
        layers = range(self._model.layers)
        weights = [self._gates(f"layers.{layer}.weight_ih_l0") for layer in layers]
        biases = [self._gates(f"layers.{layer}.bias_ih_l0") for layer in layers]
        if self._model.cell != "gru":  # a GRU's gate stands between its two biases
            biases = [biases[layer] + self._gates(f"layers.{layer}.bias_hh_l0") for layer in layers]
        self._table = F.linear(self._weights["embedding.weight"], weights[0], biases[0])
        self._inputs = [_Product(from_h * weight, bias, block) for weight, bias in zip(weights, biases, strict=True)]
        self._recurrent = [
            _Product(
                from_h * self._gates(f"layers.{layer}.weight_hh_l0"), self._gates(f"layers.{layer}.bias_hh_l0"), block
            )
            for layer in layers
        ]

    def _gates(self, name: str) -> Tensor:
        """Return a layer's weight or bias, an LSTM's candidate doubled: then a sigma serves all four gates."""
        weight = self._weights[name]
        if self._model.cell != "lstm":
            return weight
        n = self._model.hidden_size
        return torch.cat([weight[: 2 * n], 2 * weight[2 * n : 3 * n], weight[3 * n :]])

    def kept(self, state: _State) -> _State:
        """Return a state as this network keeps it."""
        return [(h / 2, 2 * c) for h, c in state] if self._model.cell == "lstm" else state

    def __call__(self, characters: Tensor, state: _State) -> tuple[Tensor, _State]:
        """Read a character of each stream.

        Args:
            characters: Their ids, shape [streams].
            state: From `kept` or an earlier call: as `Stepper` has it, with the streams in front: [streams, hidden], or
                [streams, context - 1, embedding] for a feed-forward network.

        Returns:
            Logits, shape [streams, vocabulary], and the new state.
        """
        weights = self._weights
        after: list[tuple[Tensor, ...]] = []
        if self._model.context is not None:
            seen = torch.cat([state[0][0], weights["embedding.weight"][characters][:, None]], dim=1)
            x = seen.flatten(1)
            for layer in range(self._model.layers):
                x = _tanh(F.linear(x, weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"]))
            return F.linear(x, self._head, self._head_bias), [(seen[:, 1:],)]
        given = self._table.index_select(0, characters)
        for layer, before in enumerate(state):
            if layer:
                given = self._inputs[layer](after[-1][0])
            after.append(self._cell(layer, given, before))
        return F.linear(after[-1][0], self._head, self._head_bias), after

    def _cell(self, layer: int, given: Tensor, before: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the layer's next state.

        Args:
            layer: Which.
            given: Its input product with the bias, gates in torch's order as `_gates` has them; it may be written over.
            before: Its state.
        """
        n = self._model.hidden_size
        if self._model.cell == "gru":
            carried = self._recurrent[layer](before[0])
            r, z = (given[:, : 2 * n] + carried[:, : 2 * n]).sigmoid_().chunk(2, dim=1)
            candidate = _tanh(torch.addcmul(given[:, 2 * n :], r, carried[:, 2 * n :]))
            return (torch.lerp(candidate, before[0], z),)
        gates = self._recurrent[layer].onto(given, before[0])
        if self._model.cell == "rnn":
            return (_tanh(gates),)
        i, f, g, o = gates.sigmoid_().chunk(4, dim=1)
        c = (f * before[1]).addcmul_(i, g.sub_(0.5), value=4)
        return c.sigmoid().sub_(0.5).mul_(o), c


class _Product:
    """The product of a weight, shape [out, in], by a block of vectors.

    On a CPU the weight is laid out once as oneDNN wants it: that is worth a fifth of the time at 1x512. Torch has no
    public name for this; where it lacks the operator, the plain product is taken.
    """

    def __init__(self, weight: Tensor, bias: Tensor, block: int) -> None:
        self._bias, self._columns, self._packed = bias, weight.t(), None
        if weight.device.type == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch gives it no types
            with suppress(AttributeError, RuntimeError, TypeError):
                _ = torch.ops.mkldnn._linear_pointwise.binary
                self._packed = torch.ops.mkldnn._reorder_linear_weight(weight, block)
        if self._packed is None:
            self._columns = self._columns.contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """Return the product with the bias."""
        if self._packed is None:
            return torch.addmm(self._bias, x, self._columns)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self._bias, "none", [], "")
        return product

    def onto(self, given: Tensor, x: Tensor) -> Tensor:
        """Return the product added to what is given, which may be written over."""
        if self._packed is None:
            return given.addmm_(x, self._columns)
        product: Tensor = torch.ops.mkldnn._linear_pointwise.binary(x, given, self._packed, None, "add")
        return product


def _tanh(x: Tensor) -> Tensor:
    """Return tanh x as 2 sigma(2x) - 1: torch computes a sigma several times as fast."""
    return x.mul(2).sigmoid_().mul_(2).sub_(1)
