"""rnnplay: a playground for character-level recurrent networks.

In a notebook: `corpus` and `fetch` for texts, `train`, `sample` and `sample_many`, `check`, `evaluate`, `compare`,
`export_run` and `import_run`. Each is imported when it is first used, so that `import rnnplay` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

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
