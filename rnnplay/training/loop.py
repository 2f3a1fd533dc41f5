"""The loop: steps, and between them what has to be looked after. It says everything by the events that it yields."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import msgspec

from rnnplay.model.checkpoint import Checkpoint
from rnnplay.text.records import OPTIMUM, Baseline, optimum_in
from rnnplay.training import control
from rnnplay.training.clock import Clock
from rnnplay.training.config import Budget
from rnnplay.training.control import Inbox, NoRequests, Request
from rnnplay.training.diagnosis import Course, diagnosis
from rnnplay.training.evaluation import Score
from rnnplay.training.events import Acknowledged, Evaluated, Event, Finished, Noted, Progress, Reason, Sampled, Saved
from rnnplay.training.learning_curve import CourseRecorder, CurvePoint
from rnnplay.training.live_samples import LiveSamples, reached
from rnnplay.training.threads import adapted_step
from rnnplay.training.trainer import MAX_RATE, Trainer
from rnnplay.training.verdict import Guessing

PROGRESS_EVERY = 0.1  # seconds
POLL_EVERY = 0.1
PAUSED_POLL = 0.05
SAVE_EVERY = 10.0
SAVE_SHARE = 0.01  # of the time, at most
MAX_ROLLBACKS = 3
LN_2 = math.log(2)  # nats in a bit


class Store(Protocol):
    """Where a training keeps its checkpoints."""

    def save(self, checkpoint: Checkpoint, name: Literal["last", "best"]) -> None:
        """Keep a checkpoint, as a whole or not at all.

        Raises:
            UserError: It can't be written.
        """
        ...


@dataclass(frozen=True)
class Turn:
    """What the leading process decides before a step; all processes do the same."""

    spent: float
    requests: tuple[Request, ...] = ()
    report: bool = False
    look: bool = False
    save: bool = False
    paused: bool = False
    over: Reason | None = None


def train(
    trainer: Trainer,
    budget: Budget,
    store: Store,
    inbox: Inbox | None = None,
    ladder: Sequence[Baseline] = (),
    samples: LiveSamples | None = None,
) -> Iterator[Event]:
    """Train until the budget is spent, patience is lost or someone stops it.

    Args:
        trainer: Fresh, or loaded from where a training was kept.
        budget: How long in all, earlier sittings included.
        store: Where checkpoints go.
        inbox: Where requests come from.
        ladder: Baselines on the same text, whose beating is told; the optimum may be the last, which nothing beats.
        samples: Draws samples; given the words of the training text, it measures the share of real ones.

    Raises:
        UserError: A checkpoint can't be kept.
    """
    sitting = _Sitting(trainer, budget, store, inbox or NoRequests(), ladder, samples or LiveSamples())
    with adapted_step(trainer, budget) as step:
        yield from sitting.first_look()
        while True:
            turn = sitting.next_turn()
            yield from sitting.attend(turn)
            if sitting.went_back and turn.over in {None, "budget"}:  # of a budget in steps some are to be done again
                continue
            if turn.over is not None:
                yield from sitting.finish(turn.over)
                return
            if turn.paused:
                time.sleep(PAUSED_POLL)
            else:
                step(turn.spent)


class _Sitting:
    """One stretch of training, from its start or resumption to its end."""

    def __init__(
        self,
        trainer: Trainer,
        budget: Budget,
        store: Store,
        inbox: Inbox,
        ladder: Sequence[Baseline],
        samples: LiveSamples,
    ) -> None:
        self.trainer, self.store, self.inbox, self.samples = trainer, store, inbox, samples
        self.ladder = [rung for rung in ladder if rung.name != OPTIMUM]
        self.optimum = optimum_in(ladder)
        self.guessing = Guessing.of(len(trainer.vocabulary), ladder)
        self.record = trainer.record
        if not self.record.curve and self.record.best_loss is not None:  # a state of an older version
            self.record.curve = [CurvePoint(self.record.best_step, self.record.seconds, None, self.record.best_loss)]
        self.clock = Clock(trainer, budget)
        self.good = trainer.checkpoint(with_state=True)
        self.course = CourseRecorder(trainer.record.step)
        self.kept_loss = trainer.estimate_of_best()
        self.final: Score | None = None
        self.over: Reason | None = None
        self.spent, self.went_back = 0.0, False
        self.reported = self.polled = self.saved = time.monotonic()
        self.reported_chars = trainer.record.chars
        self.reported_busy = 0.0
        self.save_every = SAVE_EVERY

    def first_look(self) -> Iterator[Event]:
        """Measure weights that were trained before: what fine-tuning has to better."""
        trainer = self.trainer
        if trainer.starts_trained and trainer.ranks.leads and len(trainer.validation):
            begun = time.monotonic()
            yield from self._judge(trainer.estimate(), planned=False)
            self.clock.aside(time.monotonic() - begun)

    def next_turn(self) -> Turn:
        """Decide what comes next."""
        if not self.trainer.ranks.leads:
            return self.trainer.ranks.agree(Turn(0.0))
        now = time.monotonic()
        requests: tuple[Request, ...] = ()
        if now - self.polled >= POLL_EVERY:
            self.polled, requests = now, tuple(self.inbox.poll())
        self._take(requests)
        spent = self.clock.spent()
        paused = self.clock.paused and self.over is None
        over = self.over or ("budget" if spent >= 1 and not paused else None)
        goes_on = over is None and not paused
        turn = Turn(
            spent,
            requests,
            report=bool(requests) or over is not None or (not paused and now - self.reported >= PROGRESS_EVERY),
            look=goes_on and self.clock.look_is_due(spent),
            save=goes_on and now - self.saved >= self.save_every,
            paused=paused,
            over=over,
        )
        return self.trainer.ranks.agree(turn)

    def _take(self, requests: Sequence[Request]) -> None:
        """Take in what changes the turn itself."""
        for request in requests:
            if isinstance(request, control.Pause):
                self.clock.pause()
            elif isinstance(request, control.Unpause):
                self.clock.unpause()
            elif isinstance(request, control.Stop):
                self.over = "stopped"

    def attend(self, turn: Turn) -> Iterator[Event]:
        """Do what the turn asks for, before its step; first of all see whether the weights are still numbers."""
        self.went_back, self.spent = False, turn.spent
        if turn.report or turn.look or turn.save:
            yield from self._report(turn.spent)
            given_up = turn.over == "diverged"  # the state gone back to is the one to keep
            if not (self.went_back or given_up or self.trainer.has_usable_weights()):
                yield from self._roll_back()
        if turn.look and not self.went_back:
            yield from self._look()
        for request in turn.requests:
            yield from self._answer(request)
        if turn.save and not self.went_back:
            yield from self._save()

    def _answer(self, request: Request) -> Iterator[Event]:
        """Carry a request out, and say so when it is done."""
        if isinstance(request, control.SetLearningRate):
            if 0 <= request.learning_rate <= MAX_RATE:
                self.record.rate_multiplier = request.learning_rate / self.trainer.config.learning_rate
            elif self.trainer.ranks.leads:
                yield Noted(self.record.step, f"A rate of {request.learning_rate:g} was asked for, and not taken.")
        if isinstance(request, control.Sample) and self.trainer.ranks.leads:
            yield self._sampled(self.trainer.checkpoint(with_state=False))
        if isinstance(request, control.Save | control.Pause):
            yield from self._save()
        if self.trainer.ranks.leads:
            yield Acknowledged(request.id, self.record.step)

    def _report(self, spent: float) -> Iterator[Event]:
        """Tell where the training is; go back where the loss isn't a number."""
        measured = self.trainer.measured()
        if measured is None:
            return
        self.course.add_training_loss(measured.loss, self.record.step)
        now = time.monotonic()
        busy = self.clock.busy_seconds()
        speed = (self.record.chars - self.reported_chars) / max(busy - self.reported_busy, 1e-3)
        self.reported, self.reported_chars, self.reported_busy = now, self.record.chars, busy
        self.record.seconds = self.clock.seconds()
        if self.trainer.ranks.leads:
            yield Progress(
                self.record.step,
                self.trainer.streams.epochs,
                self.record.chars,
                self.record.seconds,
                min(spent, 1.0),
                _finite(measured.loss),
                self.trainer.learning_rate(spent),
                _finite(measured.gradient_norm),
                speed,
            )
        if not measured.finite:
            yield from self._roll_back()

    def _roll_back(self) -> Iterator[Event]:
        """Return to the last good state with half the rate; after the third time, give up."""
        step, seconds = self.record.step, self.clock.seconds()
        multiplier, rollbacks = self.record.rate_multiplier, self.record.rollbacks + 1
        self.trainer.load(self.good.tensors, self.good.state)
        self.record = self.trainer.record
        self.record.seconds, self.record.rollbacks = seconds, rollbacks
        self.record.rate_multiplier = multiplier / 2
        self.course = CourseRecorder(self.record.step)
        self.reported_chars = self.record.chars
        self.went_back = True
        if rollbacks > MAX_ROLLBACKS:
            self.over = self.over or "diverged"
            text = f"The loss stopped being a number at step {step:,} for the fourth time; this training ends."
        else:
            text = (
                f"The loss stopped being a number at step {step:,}: back to step {self.record.step:,}, half the rate."
            )
        if self.trainer.ranks.leads:
            yield Noted(self.record.step, text)

    def _look(self) -> Iterator[Event]:
        """Estimate the validation loss, keep the best weights, remember a good state, and write a sample."""
        if not len(self.trainer.validation):
            self.course.add_look(self.record.curve, self.clock.seconds(), None)
            return
        begun, estimated, measuring = time.monotonic(), 0.0, 0.0
        if self.trainer.ranks.leads:
            score = self.trainer.estimate()
            estimated = time.monotonic() - begun
            yield from self._judge(score, planned=True)
        self.good = self.trainer.checkpoint(with_state=True)
        if self.trainer.ranks.leads:
            measured = time.monotonic()
            real_words = self._real_words(self.good) if self.samples.may_measure(self.clock.seconds()) else None
            measuring = time.monotonic() - measured
            yield self._sampled(self.good, real_words)
        taken = time.monotonic() - begun
        self.clock.looked(taken - measuring, estimated)
        self.clock.aside(taken)

    def _judge(self, score: Score, *, planned: bool) -> Iterator[Event]:
        """Keep the weights if they are the best; where the look was planned, count for and against patience."""
        record = self.record
        loss = _finite(score.loss)
        again = bool(record.curve) and record.curve[-1].step == record.step  # after it went back to an earlier look
        self.course.add_look(self.record.curve, self.clock.seconds(), loss)
        better = loss is not None and (record.best_loss is None or loss < record.best_loss)
        if better:
            record.best_loss, record.best_step = loss, record.step
        if planned and not again:
            record.evaluations += 1
            record.since_best = 0 if better else record.since_best + 1
        kept = loss is not None and (self.kept_loss is None or loss < self.kept_loss)
        beaten = self._beaten(loss)
        record.milestones.extend(beaten)
        estimate = score.chars < len(self.trainer.validation) - 1
        yield self._evaluated(score, estimate=estimate, best=kept, milestones=beaten)
        if kept:
            self.kept_loss = loss
            self.trainer.best = self.trainer.checkpoint(with_state=False, loss=loss)
            self.store.save(self.trainer.best, "best")
            yield Saved(record.step, "best")
        patience = self.trainer.config.patience
        if planned and patience is not None and record.since_best >= patience:
            self.over = "patience"

    def _beaten(self, loss: float | None) -> tuple[str, ...]:
        if loss is None:
            return ()
        below = (rung.name for rung in self.ladder if loss / LN_2 < rung.bits_per_char)
        return tuple(name for name in below if name not in self.record.milestones)

    def _evaluated(
        self, score: Score, *, estimate: bool, best: bool, milestones: tuple[str, ...] = (), step: int | None = None
    ) -> Evaluated:
        loss = _finite(score.loss)
        return Evaluated(
            self.record.step if step is None else step,
            self.clock.seconds(),
            loss,
            None if loss is None else loss / LN_2,
            "carried",
            estimate,
            score.chars,
            best,
            milestones,
        )

    def _sampled(self, checkpoint: Checkpoint, real_words: float | None = None) -> Sampled:
        """Draw a sample with the weights as they are, always from the same prompt."""
        prompt = self.trainer.config.prompt
        milestones = reached(real_words, self.record.milestones)
        self.record.milestones.extend(milestones)
        return Sampled(self.record.step, prompt, self.samples.draw(checkpoint, prompt), real_words, milestones)

    def _real_words(self, checkpoint: Checkpoint) -> float | None:
        return self.samples.real_words(checkpoint, self.trainer.config.prompt)

    def _save(self) -> Iterator[Event]:
        begun = time.monotonic()
        self.record.seconds = self.clock.seconds()
        self.good = self.trainer.checkpoint(with_state=True)
        if self.trainer.ranks.leads:
            self.store.save(self.good, "last")
            yield Saved(self.record.step, "last")
        self.saved = time.monotonic()
        self.save_every = max(SAVE_EVERY, (self.saved - begun) / SAVE_SHARE)
        self.clock.aside(self.saved - begun)

    def finish(self, reason: Reason) -> Iterator[Event]:
        """Save, measure the best weights on the whole validation text, and tell what it came to.

        What is kept is the state before these last measurements, so that a training that was stopped goes on as one
        that never was.
        """
        yield from self._save()
        if not self.trainer.ranks.leads:
            return
        if len(self.trainer.validation) > 0 and reason != "diverged":
            begun = time.monotonic()
            yield from self._judge(self.trainer.estimate(), planned=False)
            last = self.trainer.checkpoint(with_state=False)
            yield self._sampled(last, self._real_words(last))
            self.clock.aside(time.monotonic() - begun)
        if not len(self.trainer.validation):
            self.course.add_look(self.record.curve, self.clock.seconds(), None)
        yield from self._measure_best()
        yield self._finished(reason)

    def _measure_best(self) -> Iterator[Event]:
        """Score the best weights on the whole validation text, and keep them with that figure."""
        trainer, best = self.trainer, self.trainer.best
        if best is None:
            return
        begun = time.monotonic()
        trainer.model.load_tensors(best.tensors)
        self.final = trainer.evaluate(self.clock.final_chars())
        training = msgspec.structs.replace(best.training, loss=_finite(self.final.loss))
        self.store.save(replace(best, training=training), "best")
        estimate = self.final.chars < len(trainer.validation) - 1
        yield self._evaluated(self.final, estimate=estimate, best=True, step=training.step)
        self.clock.aside(time.monotonic() - begun)

    def _finished(self, reason: Reason) -> Finished:
        final, record = self.final, self.record
        best_step = self.trainer.best.training.step if self.trainer.best is not None else record.step
        course = Course(
            reason,
            tuple(record.curve),
            self.trainer.streams.epochs,
            min(self.spent, 1.0),
            self.guessing,
            None if self.optimum is None or final is None else final.loss / LN_2 - self.optimum,
            record.rollbacks,
            held_out=len(self.trainer.validation) > 0,
        )
        return Finished(
            record.step,
            reason,
            self.clock.budget,
            self.clock.seconds(),
            self.clock.aside_seconds,
            record.chars,
            None if final is None else final.loss,
            None if final is None else final.loss / LN_2,
            final is not None and final.chars < len(self.trainer.validation) - 1,
            best_step,
            record.train_loss,
            diagnosis(course),
        )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
