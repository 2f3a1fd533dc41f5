"""`python -m rnnplay.engine`: the engine's process."""

import os

# A network is read one character at a time: more threads would only take the processors from a training beside it.
for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB"):
    os.environ[f"{_library}_MAXIMUM_THREADS" if _library == "VECLIB" else f"{_library}_NUM_THREADS"] = "1"

if __name__ == "__main__":
    from rnnplay.engine.server import serve

    serve()
