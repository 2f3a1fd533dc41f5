"""From a command line to an exit code: 0 done, 2 the user can fix it, 1 a fault of ours, 130 interrupted."""

import io
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from rnnplay.errors import UserError

DONE, FAULT, FIXABLE, INTERRUPTED = 0, 1, 2, 130


def main() -> NoReturn:
    """Run the command that was typed, and end the process."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that can't show a character must not end a training
            stream.reconfigure(errors="replace")
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            code = _say(f"standard output can't be written: {error.strerror}.", FIXABLE)
    sys.exit(code)


def _run() -> int:
    from rnnplay.cli.commands import app

    try:
        result = app(standalone_mode=False)
    except UserError as error:
        return _say(str(error), FIXABLE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has gone, as `head` does
        return DONE
    except SystemExit as leaving:  # typer's own ways out: interrupted, or 1 where the reader has gone
        return INTERRUPTED if leaving.code == INTERRUPTED else DONE
    except Exception as error:
        format_message = getattr(
            error, "format_message", None
        )  # typer's own errors: a wrong option, a missing argument
        if format_message is not None:
            return _say(format_message(), FIXABLE) if format_message() else FIXABLE
        if _is_want_of_memory(error):
            return _say("there isn't enough memory: try a smaller --hidden, --batch or --seq-len.", FIXABLE)
        if type(error).__name__ == "Abort":
            return _say("nothing was done.", INTERRUPTED)
        return _say(_fault(error), FAULT)
    return result if isinstance(result, int) else DONE


def _is_want_of_memory(error: Exception) -> bool:
    """Tell whether torch or Python ran out of memory; torch has no type of its own for it on the CPU."""
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


def _say(sentence: str, code: int) -> int:
    from rnnplay.text.display import visible

    print(f"error: {visible(sentence.replace(chr(10), ' '))}", file=sys.stderr)  # noqa: T201 - this is where errors are told
    return code


def _fault(error: Exception) -> str:
    """Write the traceback to a file and return a sentence that says where."""
    from rnnplay import places

    path = places.home() / "fault.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return f"a fault of rnnplay's own: {type(error).__name__}: {error}."
    return f"a fault of rnnplay's own ({type(error).__name__}); '{path}' holds what we need to mend it."
