"""Many texts at once, which the command line writes and sums up."""

import shlex

from rnnplay.app.pages import Page
from rnnplay.sampling.records import SampleSettings
from rnnplay.training.arguments import escaped

COUNT = 100  # texts


def command(page: Page) -> str:
    """Return the command that writes many texts as a page was written, and tells what of them is copied or right."""
    settings, usual = page.settings, SampleSettings()
    options = ["--checkpoint=last"] if page.which == "last" else []
    if page.prompt:
        options.append(f"--prompt={escaped(page.prompt)}")
    for name in ("length", "temperature", "top_k", "top_p", "min_p"):
        value = getattr(settings, name)
        if value != getattr(usual, name):
            options.append(f"--{name.replace('_', '-')}={value}")
    parts = ["rnnplay", "sample", page.spec, f"--count={COUNT}", "--check-copies", f"--seed={settings.seed}", *options]
    return shlex.join(parts)
