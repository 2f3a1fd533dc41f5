"""The process that checks rows: it reads a name a line, and answers with a line of JSON.

python -m benchmarks.cuda.worker DEVICE TEXT
"""

import json
import os
import sys
from pathlib import Path

from benchmarks.cuda.supervisor import ENDED

os.environ.setdefault("PYTHONFAULTHANDLER", "1")


def main() -> None:
    """Answer until standard input ends, or a row has raised what may have left torch in any state."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    from benchmarks.cuda.checks import Checks, Mismatch, Skip

    checks = Checks(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"))
    for line in sys.stdin:
        answer: dict[str, object]
        try:
            answer = {"verdict": "ok", "text": checks.check(line.rstrip("\n"))}
        except Mismatch as mismatch:
            answer = {"verdict": "FAIL", "text": str(mismatch)}
        except Skip as skip:
            answer = {"verdict": "skip", "text": str(skip)}
        except Exception as error:
            said = f"expected no error, got {type(error).__name__}: {error}".replace("\n", " ")
            answer = {"verdict": "FAIL", "text": said[:500], ENDED: True}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
