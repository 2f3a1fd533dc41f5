"""A fault of our own: told in one sentence, the traceback in a file."""

import traceback

from rnnplay import places


def sentence(error: BaseException) -> str:
    """Write the traceback to a file and return a sentence that says where."""
    path = places.home() / "fault.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return f"a fault of rnnplay's own: {type(error).__name__}: {error}."
    return f"a fault of rnnplay's own ({type(error).__name__}); '{path}' holds what we need to mend it."
