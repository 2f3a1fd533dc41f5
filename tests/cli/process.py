"""Commands as processes with real exit codes, signals and streams.

They are forked from one process that has imported torch already: what takes seconds otherwise takes a tenth of one.
"""

import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0  # seconds after which a command counts as hung

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(
    ["torch._dynamo", "rnnplay.notebook", "rnnplay.session", "rnnplay.cli.commands", "rich.live"]
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def refuses(self) -> bool:
        """Tell whether it ended as something that the user can put right: exit 2, one sentence, nothing else."""
        return self.code == 2 and not self.out and self.err.startswith("error: ") and self.err.count("\n") == 1


class Command:
    """`rnnplay ARGUMENTS` on its way."""

    def __init__(
        self,
        *arguments: str,
        typed: bytes = b"",
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        file_limit: int | None = None,
        memory_limit: int | None = None,
    ) -> None:
        """Start it.

        Args:
            arguments: What stands behind `rnnplay`.
            typed: Standard input.
            folder: Where it runs.
            environment: Added to this process's own.
            file_limit: Bytes of the largest file that it may write: its disk is full there.
            memory_limit: Bytes that it may allocate.
        """
        self._streams = tempfile.TemporaryDirectory()
        place = Path(self._streams.name)
        self.paths = [place / name for name in ("in", "out", "err")]
        for path, content in zip(self.paths, (typed, b"", b""), strict=True):
            path.write_bytes(content)
        variables = {**os.environ, **(environment or {})}
        work = str(folder or Path.cwd())
        self.process = _fork.Process(
            target=_command, args=(arguments, list(map(str, self.paths)), variables, work, file_limit, memory_limit)
        )
        self.process.start()

    @property
    def out(self) -> str:
        """Standard output so far."""
        return self.paths[1].read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """Standard error so far."""
        return self.paths[2].read_text(encoding="utf-8")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.process.pid or 0, number)

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self.process.is_alive()

    def wait(self) -> Outcome:
        """Wait for its end."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise TimeoutError(f"hung; it said: {self.out}{self.err}")
        return Outcome(self.process.exitcode, self.out, self.err)


def ran(
    *arguments: str,
    typed: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    file_limit: int | None = None,
    memory_limit: int | None = None,
) -> Outcome:
    """Run `rnnplay ARGUMENTS` to its end."""
    command = Command(
        *arguments,
        typed=typed,
        folder=folder,
        environment=environment,
        file_limit=file_limit,
        memory_limit=memory_limit,
    )
    return command.wait()


def _command(
    arguments: Sequence[str],
    streams: Sequence[str],
    variables: Mapping[str, str],
    work: str,
    file_limit: int | None,
    memory_limit: int | None,
) -> None:
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(work)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in a shell's background are deaf to it
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        os.dup2(os.open(path, flags), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
        for number, mode in enumerate(("r", "w", "w"))
    )
    for kind, limit in ((resource.RLIMIT_FSIZE, file_limit), (resource.RLIMIT_AS, memory_limit)):
        if limit is not None:
            resource.setrlimit(kind, (limit, limit))
    import torch

    torch.set_num_threads(1)
    from rnnplay.cli.entry import main

    sys.argv = ["rnnplay", *arguments]
    main()
