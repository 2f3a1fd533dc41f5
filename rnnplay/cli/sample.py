"""`rnnplay sample`: let a network write."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from rnnplay.cli.checks import Checks
    from rnnplay.model.checkpoint import Checkpoint
    from rnnplay.sampling.records import SampleSettings
    from rnnplay.sampling.volume import Written

ALTERNATIVES = 5  # likeliest characters that --json tells at each place
TOGETHER_FROM = 100  # texts that are written at once; fewer are there sooner one after another (benchmarks/sampling.py)


def sample(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=options.MODEL_HELP)] = None,
    checkpoint: options.Checkpoint = "best",
    prompt: Annotated[str, typer.Option(help=r"What the text begins with; \n is a newline.")] = "",
    length: Annotated[int, typer.Option(help="Characters at most.")] = 500,
    preset: Annotated[
        str, typer.Option(help="readable, or raw: as the network learned. Options below override its values.")
    ] = "readable",
    temperature: Annotated[
        float | None, typer.Option(help="0 always takes the likeliest; 1 draws as it learned.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest only.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw from the fewest that together reach p.")] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Draw only what is p times as likely as the likeliest; 0: all.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed writes the same text. Default: a new one.")] = None,
    count: Annotated[int, typer.Option(help="How many texts; text i has seed + i.")] = 1,
    stop: Annotated[str, typer.Option(help=r"End after this text; \n is a newline.")] = "",
    check_copies: Annotated[bool, typer.Option(help="Tell what stands word for word in the training text.")] = False,
    json: options.Json = False,
) -> None:
    """Let a network write, character by character as it goes."""
    from rnnplay.cli.checks import Checks
    from rnnplay.runs import models
    from rnnplay.runs.model_loading import load_model
    from rnnplay.sampling import presets
    from rnnplay.sampling.records import SampleSettings
    from rnnplay.sampling.sampler import read_prompt

    if count < 1:
        raise UserError(f"--count must be at least 1, not {count}.")
    first = _new_seed() if seed is None else seed
    chosen = presets.checked_preset(preset)
    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    settings = SampleSettings(length, seed=first, stop=options.unescaped(stop))
    presets.with_values(settings, given).checked()  # before anything is read
    _seeded(settings, first + count - 1).checked()
    model = models.find(run, checkpoint)
    settings = presets.with_values(presets.with_preset(settings, chosen, model.text_kind()), given)
    network = load_model(model)
    text = options.unescaped(prompt)
    for note in read_prompt(text, network.vocabulary).notes:
        options.say(f"note: {note}")
    checks = Checks(model, network.corpus, copies=check_copies, quiet=json)
    write_all = _one_after_another if count < TOGETHER_FROM else _together
    write_all(_Task(network, model.label, text, settings, count, checks), json=json)
    checks.tell()
    if not json:
        options.say(f"({model.label}, seed {first}, {presets.describe(settings)})")


def write(network: "Checkpoint", prompt: str, settings: "SampleSettings") -> str:
    """Write a text to standard output as it is made, its prompt first; on a terminal nothing in it is obeyed.

    Returns:
        The text without the prompt.
    """
    from rnnplay.sampling.sampler import sample as written
    from rnnplay.text.display import visible

    safe = visible if sys.stdout.isatty() else str
    text = []
    with options.writing():
        sys.stdout.write(safe(prompt))
        for one in written(network, prompt, settings):
            sys.stdout.write(safe(one.character))
            sys.stdout.flush()
            text.append(one.character)
        sys.stdout.write("\n")
        sys.stdout.flush()
    return "".join(text)


@dataclass(frozen=True)
class _Task:
    """Texts to be written after one prompt.

    Attributes:
        label: What to call the network.
        settings: How the first is drawn; text i has its seed + i.
    """

    network: "Checkpoint"
    label: str
    prompt: str
    settings: "SampleSettings"
    count: int
    checks: "Checks"

    def settings_of(self, number: int) -> "SampleSettings":
        """Return how a text is drawn, by its number."""
        return _seeded(self.settings, self.settings.seed + number)


def _one_after_another(task: _Task, *, json: bool) -> None:
    for number in range(task.count):
        if json:
            _write_json(task, number)
            continue
        task.checks.take([write(task.network, task.prompt, task.settings_of(number))], task.prompt)
        if number + 1 < task.count:
            options.put("----")


def _write_json(task: _Task, number: int) -> None:
    """Print a line for each character of a text, and one for the whole."""
    import msgspec

    from rnnplay.sampling.sampler import sample as written

    settings = msgspec.structs.replace(task.settings_of(number), alternatives=ALTERNATIVES)
    text = []
    for one in written(task.network, task.prompt, settings):
        options.put(msgspec.json.encode(one).decode())
        text.append(one.character)
    _put_json(task, ["".join(text)], [settings])


def _together(task: _Task, *, json: bool) -> None:
    """Print texts in the order of their seeds, a block of them at a time."""
    with options.working("loading torch", quiet=json):
        from rnnplay.sampling.volume import Whole, write_many
    texts: list[str] = []
    done = 0
    gauge = _Gauge(task.count)
    try:
        for told in write_many(task.network, task.prompt, task.settings, task.count):
            if isinstance(told, Whole):
                texts.append(told.text)
                continue
            gauge.show(told)
            if texts:
                gauge.hide()
                if json:
                    _put_json(task, texts, [task.settings_of(done + number) for number in range(len(texts))])
                else:
                    _put_all(task, texts, done)
                done += len(texts)
                texts = []
    finally:
        gauge.hide()


def _put_all(task: _Task, texts: "list[str]", done: int) -> None:
    """Print texts as if they had been written one after another, after so many others."""
    for number, text in enumerate(texts, done):
        if number:
            options.put("----")
        options.put(task.prompt + text)
    task.checks.take(texts, task.prompt)


def _put_json(task: _Task, texts: "list[str]", settings: "list[SampleSettings]") -> None:
    """Print a line for each of some texts."""
    import msgspec

    from rnnplay.sampling.records import SampledText

    checked = task.checks.take(texts, task.prompt)
    for text, drawn, (copies, grades, real_words) in zip(texts, settings, checked, strict=True):
        whole = SampledText(task.label, task.prompt, text, drawn, copies, grades, real_words)
        options.put(msgspec.json.encode(whole).decode())


class _Gauge:
    """Shows how far texts have come, where standard error is a terminal."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bar: Bar | None = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = TextColumn("writing"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn()
            console = Console(stderr=True, markup=False)
            # Standard output is for the texts: what is printed there must not go the way of the bar.
            self._bar = Progress(
                *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._bar.add_task("", total=1.0, told="")

    def show(self, told: "Written") -> None:
        """Show how far it is."""
        if self._bar is not None:
            self._bar.start()
            words = f"{told.texts:,} of {self._count:,} texts, {told.chars:,} characters"
            self._bar.update(self._bar.task_ids[0], completed=told.share, told=words)

    def hide(self) -> None:
        """Take it off the terminal until there is something new to show."""
        if self._bar is not None:
            self._bar.stop()


def _seeded(settings: "SampleSettings", seed: int) -> "SampleSettings":
    import msgspec

    return msgspec.structs.replace(settings, seed=seed)


def _new_seed() -> int:
    import secrets

    return secrets.randbelow(100_000)
