"""From a command line to an exit code: 0 done, 2 the user can fix it, 1 a fault of ours, 130 interrupted."""

import gc
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

from rnnplay import faults
from rnnplay.errors import UserError, storage_error

DONE, FAULT, FIXABLE, INTERRUPTED = 0, 1, 2, 130
SIGNALLED = 128  # and the signal's number, as shells count


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
        if code == DONE and not isinstance(error, BrokenPipeError):
            code = _say(f"standard output can't be written: {error.strerror}.", FIXABLE)
    sys.exit(code)


def _run() -> int:
    try:
        _refuse_without_folder()
        result = _opened() if len(sys.argv) == 1 else _commanded()
    except UserError as error:
        return _say(str(error), FIXABLE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has gone, as `head` does
        return DONE
    except OSError as error:
        if not isinstance(error.filename, str | bytes):
            return _say(faults.sentence(error), FAULT)
        return _say(str(storage_error(Path(os.fsdecode(error.filename)), error)), FIXABLE)
    except SystemExit as leaving:  # typer's own way out is 1 where the reader has gone; a signal's code is passed on
        return leaving.code if isinstance(leaving.code, int) and leaving.code > SIGNALLED else DONE
    except Exception as error:
        format_message = getattr(
            error, "format_message", None
        )  # typer's own errors: a wrong option, a missing argument
        if format_message is not None:
            return _say(format_message(), FIXABLE) if format_message() else FIXABLE
        if _is_want_of_memory(error):
            return _say("there isn't enough memory: try a smaller --hidden, --batch or --seq-len.", FIXABLE)
        if _is_gpu_failure(error):
            reason = str(error).strip().partition("\n")[0]
            return _say(
                f"the GPU failed ({reason}); what was saved is there, and --device cpu does without it.", FIXABLE
            )
        if type(error).__name__ == "Abort":
            return _say("nothing was done.", INTERRUPTED)
        return _say(faults.sentence(error), FAULT)
    return result if isinstance(result, int) else DONE


def _refuse_without_folder() -> None:
    """Refuse to work in a folder that is gone: paths lead nowhere there, and torch's libraries can't be loaded.

    Raises:
        UserError: It is gone.
    """
    try:
        Path.cwd()
    except OSError as error:
        raise UserError("The working folder is gone: change into another one first.") from error


def _opened() -> int:
    """Open the app; the commands aren't loaded for it.

    Raises:
        UserError: There is no terminal.
    """
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("'rnnplay' opens an app and needs a terminal; 'rnnplay train' trains without one.")
    gc.disable()  # looking for garbage among what is being loaded takes a tenth of the time to the first picture
    from rnnplay.app.app import main as opened

    return opened()


def _commanded() -> object:
    from rnnplay.cli import deferral
    from rnnplay.cli.commands import app

    deferral.install()

    return app(standalone_mode=False)


def _is_want_of_memory(error: Exception) -> bool:
    """Tell whether torch or Python ran out of memory; torch has no type of its own for it on the CPU."""
    # The last is what cuBLAS and cuDNN say.
    words = ("out of memory", "can't allocate memory", "not enough memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


def _is_gpu_failure(error: Exception) -> bool:
    """Return whether CUDA or one of its libraries failed, as when a GPU is reset or falls off the bus."""
    words = ("CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS", "NVIDIA driver")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def _say(sentence: str, code: int) -> int:
    from rnnplay.text.display import visible

    print(f"error: {visible(sentence.replace(chr(10), ' '))}", file=sys.stderr)  # noqa: T201 - this is where errors are told
    return code
