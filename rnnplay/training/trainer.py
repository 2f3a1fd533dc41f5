"""The trainer: a network, its optimizer, and its place in the text."""

import contextlib
import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from rnnplay.model.checkpoint import MAX_WEIGHT, Checkpoint, CorpusCard, Tensors, Training, refuse_unusable
from rnnplay.model.device import to_device
from rnnplay.model.heap import keep_freed
from rnnplay.model.network import CharacterModel, detached, with_fresh
from rnnplay.text.streams import Streams
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training import evaluation
from rnnplay.training.adamw import FUSED, AdamW, Group
from rnnplay.training.average import Average
from rnnplay.training.config import TrainingConfig
from rnnplay.training.evaluation import Score
from rnnplay.training.learning_curve import CurvePoint
from rnnplay.training.ranks import Ranks
from rnnplay.training.schedule import factor_at

ESTIMATE_CHARS = 16_384
MAX_RATE = 10.0
AVERAGED_EVERY = 4  # steps: neighbours differ too little to be worth the time


class Record(msgspec.Struct):
    """Where a training is, apart from its tensors; kept in the state and told in `docs/formats.md`.

    Attributes:
        seconds: Of the budget: without pauses, over all sittings.
        averaged: Steps that the mean of the weights is over; 0 where there is none.
        rate_multiplier: What the schedule's rate is multiplied by: set by a person, halved after a rollback.
        since_best: Evaluations since the best one.
        milestones: Baselines that were beaten.
        curve: The losses at the looks so far; empty in states of older versions.
    """

    step: int = 0
    chars: int = 0
    seconds: float = 0.0
    epoch: int = 0
    window: int = 0
    averaged: int = 0
    rate_multiplier: float = 1.0
    rollbacks: int = 0
    best_loss: float | None = None
    best_step: int = 0
    since_best: int = 0
    evaluations: int = 0
    train_loss: float | None = None
    milestones: list[str] = []
    curve: list[CurvePoint] = []


@dataclass(frozen=True)
class Measured:
    """What the steps since the last look came to.

    Attributes:
        loss: Mean training loss in nats per character.
        gradient_norm: Of the last step, before clipping.
        finite: Whether all of it is.
    """

    loss: float
    gradient_norm: float
    finite: bool


class Trainer:
    """Everything that a training changes as it goes on."""

    def __init__(
        self,
        config: TrainingConfig,
        vocabulary: Vocabulary,
        train: Ids,
        validation: Ids,
        corpus: CorpusCard,
        ranks: Ranks | None = None,
    ) -> None:
        """Make a network and put it at the text's beginning.

        Args:
            config: Resolved settings: device, precision and threads are named, batch and sequence fit the text.
            vocabulary: What the ids below mean.
            train: Ids to learn from.
            validation: Ids to be measured on; may be empty.
            corpus: What the checkpoints say of the text.
            ranks: The processes that share the work.
        """
        self.config = config
        self.vocabulary = vocabulary
        self.validation = validation
        self.corpus = corpus
        self.ranks = ranks or Ranks()
        self.record = Record()
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        keep_freed()
        self.device = torch.device(config.device)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)  # what names no GPU, such as pinned memory, would take the first one
        torch.manual_seed(config.seed + self.ranks.rank)
        self.model = CharacterModel(config.model, len(vocabulary))
        self.model.initialise(config.seed)
        self.model.to(self.device).train()
        self.optimizer = self._optimizer()
        self.average = Average()
        share = self.ranks.share(config.batch_size)
        self.streams = Streams(train, config.batch_size, config.seq_len, share)
        self.carried = self.model.initial_state(share.stop - share.start)
        self.best: Checkpoint | None = None
        self.starts_trained = False
        self._unmeasured: list[Tensor] = []
        self._norm = torch.zeros(())

    def start_from(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint's weights for the first step, which are then measured before it.

        Raises:
            UserError: They are NaN, or too large to compute with.
        """
        refuse_unusable(checkpoint.tensors, "The network")
        self.model.load_tensors(checkpoint.tensors)
        self.starts_trained = True

    def _optimizer(self) -> AdamW:
        """Return AdamW that lets only matrices decay, and the head learn faster than the rest."""
        named = dict(self.model.named_parameters())
        head = named.pop("head.weight")
        others = [p for name, p in named.items() if p.dim() == 1 or name == "embedding.weight"]
        matrices = [p for name, p in named.items() if p.dim() > 1 and name != "embedding.weight"]
        decay = self.config.weight_decay
        groups = [Group(matrices, decay), Group([head], decay, self.config.head_rate_factor), Group(others)]
        return AdamW(groups, self.config.betas)

    def learning_rate(self, spent: float) -> float:
        """Return the rate of the next step, at this share of the budget."""
        factor = factor_at(self.config, self.record.step, spent)
        return self.config.learning_rate * self.record.rate_multiplier * factor

    def step(self, spent: float) -> None:
        """Read one window and learn from it.

        Args:
            spent: The share of the budget that is spent, from 0 to 1.
        """
        window = self.streams.next_window()
        state = with_fresh(detached(self.carried), window.fresh | self._reset())
        inputs, targets = to_device(window.inputs, self.device), to_device(window.targets, self.device)
        with self.precision():
            logits, self.carried = self.model(inputs, state)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        parameters = list(self.model.parameters())
        for parameter in parameters:
            parameter.grad = None
        torch.autograd.backward(loss)
        loss = loss.detach()
        self.ranks.average([loss, *(p.grad for p in parameters if p.grad is not None)])
        self._norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.clip)
        self.optimizer.step(self.learning_rate(spent))
        self._unmeasured.append(loss)
        self.record.step += 1
        self.record.chars += window.inputs.size * self.ranks.size
        self.record.epoch, self.record.window = self.streams.epoch, self.streams.window
        self._average(spent)

    def _average(self, spent: float) -> None:
        """Count the weights into their mean where it is time for that; a longer budget begins it anew."""
        if spent < self.config.averaged_from:
            if self.average.count:
                self.average = Average()
        elif self.record.step % AVERAGED_EVERY == 0:
            self.average.take(dict(self.model.named_parameters()))
        self.record.averaged = self.average.count

    def _as_kept(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the network has the weights that are kept of it: their mean, where there is one."""
        return self.average.in_place(dict(self.model.named_parameters()))

    def _reset(self) -> NDArray[np.bool_]:
        """Return which rows begin the next window anew, shape [rows]; drawn alike however the rows are shared out."""
        random = np.random.default_rng((self.config.seed, self.record.step))
        drawn = random.random(self.config.batch_size) < self.config.resets
        return drawn[self.ranks.share(self.config.batch_size)]

    def precision(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context in which the network computes."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")

    def measured(self) -> Measured | None:
        """Look at the steps since the last look: the only place where the host waits for the device."""
        if not self._unmeasured:
            return None
        loss = torch.stack(self._unmeasured).mean().item()
        norm = float(self._norm)
        self._unmeasured.clear()
        self.record.train_loss = loss if math.isfinite(loss) else None
        return Measured(loss, norm, math.isfinite(loss) and math.isfinite(norm))

    def has_usable_weights(self) -> bool:
        """Tell whether every weight is a number to compute with: a last step may spoil them although its loss was one.

        What this passes, a checkpoint of it passes.
        """
        # Extremes that are NaN where one weight is: a thirtieth of the time of isfinite().all().
        extremes = [torch.stack(torch.aminmax(parameter.detach())) for parameter in self.model.parameters()]
        return torch.stack(extremes).abs().max().item() <= MAX_WEIGHT

    def estimate(self) -> Score:
        """Return the loss of the weights that are kept on a fixed part of the validation text.

        It is the carried loss, in the precision of the training.
        """
        with self._as_kept():
            return self._estimate()

    def _estimate(self) -> Score:
        with self.precision():
            return evaluation.carried_score(self.model, self.validation, ESTIMATE_CHARS)

    def estimate_of_best(self) -> float | None:
        """Return the estimate for the best weights that are kept, or None where there are none."""
        if self.best is None or not len(self.validation):
            return None
        now = self.model.tensors()
        self.model.load_tensors(self.best.tensors)
        loss = self._estimate().loss
        self.model.load_tensors(now)
        return loss

    def evaluate(self, chars: int | None = None) -> Score:
        """Return the carried loss on the validation text, or about `chars` characters of it, in fp32."""
        return evaluation.carried_score(self.model, self.validation, chars)

    def checkpoint(self, *, with_state: bool, loss: float | None = None) -> Checkpoint:
        """Return the weights that are kept of the network, and with the state all that it takes to go on exactly.

        Args:
            with_state: Add the state.
            loss: The validation loss of these very weights, where it is known.
        """
        record = self.record
        training = Training(record.step, loss, record.chars, record.seconds)
        state = self.state() if with_state else {}
        with self._as_kept():
            tensors = self.model.tensors()
        return Checkpoint(self.config.model, self.vocabulary, tensors, training, self.corpus, state)

    def state(self) -> Tensors:
        """Return what goes on beside the weights that are kept.

        That is the weights of the last step where those are a mean, the optimizer, the stream's position, the carried
        state and the random generators.
        """
        state: dict[str, Any] = {"record": np.frombuffer(msgspec.json.encode(self.record), np.uint8)}
        for name, parameter in self.model.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                state[f"optimizer.{name}.{key}"] = value.detach().cpu().numpy().copy()
        if self.average.count:
            state |= {f"weights.{name}": value for name, value in self.model.tensors().items()}
        for layer, parts in enumerate(self.carried):
            for number, part in enumerate(parts):
                whole = self.ranks.gathered(part.detach()).cpu()
                state[f"carried.{layer}.{number}"] = (whole.float() if whole.is_floating_point() else whole).numpy()
        state["random.cpu"] = torch.get_rng_state().numpy()
        if self.device.type == "cuda":
            state["random.cuda"] = torch.cuda.get_rng_state(self.device).numpy()
        return state

    def load(self, weights: Tensors, state: Tensors) -> None:
        """Take up a training where its state was kept; on another device, too.

        Args:
            weights: The network's.
            state: A trainer's own, or one that `saved_state.refuse_unfit` lets pass.
        """
        self.record = msgspec.json.decode(np.asarray(state["record"]).tobytes(), type=Record)
        self.starts_trained = False
        if self.record.averaged:
            self.model.load_tensors({name: state[f"weights.{name}"] for name in weights})
            means = {name: _tensor(weights, name).to(self.device) for name in weights}
            self.average = Average(self.record.averaged, means)
        else:
            self.model.load_tensors(weights)
            self.average = Average()
        self.streams.epoch, self.streams.window = self.record.epoch, self.record.window
        fused = self.device.type in FUSED
        for name, parameter in self.model.named_parameters():
            kept = [key for key in ("step", "exp_avg", "exp_avg_sq") if f"optimizer.{name}.{key}" in state]
            self.optimizer.state[parameter] = {
                key: _tensor(state, f"optimizer.{name}.{key}").to("cpu" if key == "step" and not fused else self.device)
                for key in kept
            }
        share = self.ranks.share(self.config.batch_size)
        self.carried = [
            tuple(_tensor(state, f"carried.{layer}.{number}")[:, share].to(self.device) for number in range(len(parts)))
            for layer, parts in enumerate(self.carried)
        ]
        torch.set_rng_state(_tensor(state, "random.cpu"))
        if self.device.type == "cuda" and "random.cuda" in state:
            torch.cuda.set_rng_state(_tensor(state, "random.cuda"), self.device)
        elif self.device.type == "cuda":  # so far on another device: no dropout mask of this one is repeated
            torch.cuda.manual_seed(self.config.seed + self.record.step)
        if not self.ranks.leads:
            torch.manual_seed(self.config.seed + self.ranks.rank + self.record.step)
        self._unmeasured.clear()


def _tensor(state: Tensors, name: str) -> Tensor:
    return torch.from_numpy(np.array(state[name]))
