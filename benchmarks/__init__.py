"""Programs that print figures: what is fast, what is slow, and beside what. None is a test."""

import rnnplay  # noqa: F401 - before torch, whose threads it tells how to wait: what is measured is what users get
