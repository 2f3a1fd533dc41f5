"""rnnplay: a playground for character-level recurrent networks.

In a notebook: `corpus` and `fetch` for texts, `train`, `sample` and `sample_many`, `check`, `evaluate`, `compare`,
`export_run` and `import_run`. Each is imported when it is first used, so that `import rnnplay` costs nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# torch's threads wait for each other by spinning, and its OpenMP reads for how long when torch is loaded. As it comes,
# a second busy process on the same cores (another training, the app) makes a training about a hundred times slower;
# with short spinning the two share the machine. Whoever has set it, or the policy behind it, has the last word.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from rnnplay.notebook import (
        check,
        compare,
        corpus,
        evaluate,
        export_run,
        fetch,
        import_run,
        sample,
        sample_many,
        train,
    )

__all__ = [
    "__version__",
    "check",
    "compare",
    "corpus",
    "evaluate",
    "export_run",
    "fetch",
    "import_run",
    "sample",
    "sample_many",
    "train",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("rnnplay.notebook"), name)
    raise AttributeError(f"module 'rnnplay' has no attribute '{name}'")
