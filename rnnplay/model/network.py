"""The network: embedding, one-layer cells, linear head.

The layers are modules of one layer each, so that every gate of every step can be rebuilt from the weights and the
outputs with one matrix product a layer.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnplay.model.config import ModelConfig
from rnnplay.model.device import to_device
from rnnplay.model.dropout import LEVELS, dropped, with_features_dropped

# One entry a layer: (h, c) for an LSTM, (h,) for a GRU or RNN, each [1, batch, hidden]. For a feed-forward network one
# entry in all: the last context - 1 ids, [context - 1, batch], with NOTHING before the text's beginning.
State = list[tuple[Tensor, ...]]

NOTHING = -1

_RECURRENT: dict[str, Callable[[int, int], nn.Module]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
# What these modules call, with weights that are given.
_FUNCTIONS: dict[str, Callable[..., tuple[Tensor, ...]]] = {"lstm": torch.lstm, "gru": torch.gru, "rnn": torch.rnn_tanh}

# Weights of which some are dropped are made anew for each window: that cuDNN must gather them is known.
warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk", UserWarning)


class CharacterModel(nn.Module):
    """Predicts the next character from all (a recurrent cell) or the last few (`ff`) before it."""

    def __init__(self, config: ModelConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocabulary_size = vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size)
        n = config.hidden_size
        sizes = [config.input_size(layer) for layer in range(config.layers)]
        if config.cell == "ff":
            self.layers = nn.ModuleList(nn.Linear(size, n) for size in sizes)
        else:
            self.layers = nn.ModuleList(_RECURRENT[config.cell](size, n) for size in sizes)
        self.head = nn.Linear(n, vocabulary_size)

    @classmethod
    def of(cls, config: ModelConfig, tensors: Mapping[str, NDArray[np.float32]]) -> "CharacterModel":
        """Return a network with the given weights."""
        model = cls(config, len(tensors["embedding.weight"]))
        model.load_tensors(tensors)
        return model

    def initialise(self, seed: int) -> None:
        """Draw the weights.

        Embeddings from N(0, 1); matrices uniform within 1/sqrt(width), as torch's cells have it; biases zero. Of a
        cell's two bias vectors, which only ever act as a sum, one would do.
        """
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name == "embedding.weight":
                    drawn = torch.randn(parameter.shape, generator=generator)
                elif parameter.dim() == 1:
                    drawn = torch.zeros(parameter.shape)
                else:
                    fan_in = parameter.shape[1] if self.config.cell == "ff" else self.config.hidden_size
                    drawn = (torch.rand(parameter.shape, generator=generator) * 2 - 1) / math.sqrt(fan_in)
                parameter.copy_(drawn)

    def initial_state(self, batch_size: int) -> State:
        """Return the state before any text."""
        device = self.head.weight.device
        if self.config.context is not None:
            return [(torch.full((self.config.context - 1, batch_size), NOTHING, device=device),)]
        zero = torch.zeros(1, batch_size, self.config.hidden_size, device=device)
        return [(zero, zero) if self.config.cell == "lstm" else (zero,) for _ in self.layers]

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read characters.

        Args:
            ids: Shape [time, batch].
            state: From `initial_state` or an earlier call.

        Returns:
            Logits for the character after each, shape [time, batch, vocabulary], and the state after the last.
        """
        after: State = []
        if self.config.context is not None:
            ids = torch.cat([state[0][0], ids])
            after = [(ids[len(ids) - self.config.context + 1 :],)]
            x = self._embedded(ids)
        else:
            x = self.embedding(ids)
        dropout = self.config.dropout if self.training else 0.0
        x = with_features_dropped(x, dropout / 3)
        if self.config.context is not None:
            x = _windows(x, self.config.context)
        for number, layer in enumerate(self.layers):
            if self.config.context is not None:
                x = torch.tanh(layer(x))
            else:
                x, new = self._recurrent(layer, x, state[number], dropout**2)
                after.append(new)
            x = dropped(x, dropout)
        return self.head(x), after

    def _recurrent(
        self, layer: nn.Module, x: Tensor, state: tuple[Tensor, ...], dropout: float
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Let a recurrent layer read, with a share of the weights from its last state dropped."""
        autocast = x.device.type == "cuda" and torch.is_autocast_enabled("cuda")
        if dropout >= 1 / LEVELS or autocast:
            ih, hh, *biases = layer.parameters()
            weights = [ih, dropped(hh, dropout), *biases]
            run = run_cell_in_bf16 if autocast else run_cell
            return run(self.config.cell, x, state, weights, training=self.training)
        x, after = layer(x, state if self.config.cell == "lstm" else state[0])
        return x, after if self.config.cell == "lstm" else (after,)

    def _embedded(self, ids: Tensor) -> Tensor:
        """Embed ids; what stands before the text's beginning is a zero vector."""
        return cast("Tensor", self.embedding(ids.clamp(min=0))) * (ids != NOTHING).unsqueeze(-1)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of all weights, by name."""
        return {name: value.detach().float().cpu().numpy().copy() for name, value in self.state_dict().items()}

    def load_tensors(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Take weights by name."""
        self.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in tensors.items()})


def run_cell(
    cell: str, x: Tensor, state: Sequence[Tensor], weights: Sequence[Tensor], *, training: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run one recurrent layer with weights that are given.

    Args:
        cell: "lstm", "gru" or "rnn".
        x: Shape [time, batch, input].
        state: Of the layer, each part [1, batch, hidden].
        weights: From the input and from the state, and the two biases, in the layout of torch's modules.
        training: Whether a gradient may be asked for.

    Returns:
        The outputs, shape [time, batch, hidden], and the state after the last step.
    """
    before = tuple(state) if cell == "lstm" else state[0]
    outputs, *after = _FUNCTIONS[cell](x, before, list(weights), True, 1, 0.0, training, False, False)
    return outputs, tuple(after)


def run_cell_in_bf16(
    cell: str, x: Tensor, state: Sequence[Tensor], weights: Sequence[Tensor], *, training: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run one recurrent layer in bf16, as `run_cell`.

    Autocast on a GPU would run it in fp16, whatever type it is given: torch's wrapper of cuDNN's cells has that type
    built in. Without loss scaling small gradients vanish there.
    """
    with torch.autocast(x.device.type, enabled=False):
        x, *state = (part.to(torch.bfloat16) for part in (x, *state))
        return run_cell(cell, x, state, [weight.to(torch.bfloat16) for weight in weights], training=training)


def _windows(x: Tensor, length: int) -> Tensor:
    """Join each `length` consecutive steps into one, the oldest first: [time, batch, E] to [time', batch, length E]."""
    return x.unfold(0, length, 1).permute(0, 1, 3, 2).flatten(2)


def detached(state: State) -> State:
    """Cut the state off from the steps that made it, so that no gradient flows back past a window."""
    return [tuple(part.detach() for part in layer) for layer in state]


def with_fresh(state: State, fresh: Sequence[bool] | NDArray[np.bool_]) -> State:
    """Return the state with some slots set to what they are before any text."""
    if not np.any(fresh):
        return state
    mask = to_device(np.asarray(fresh), state[0][0].device)
    return [tuple(_reset(part, mask) for part in layer) for layer in state]


def _reset(part: Tensor, mask: Tensor) -> Tensor:
    if part.is_floating_point():
        return part.masked_fill(mask[:, None], 0.0)
    return part.masked_fill(mask, NOTHING)
