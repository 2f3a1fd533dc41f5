"""Many texts at once, which the command line writes and sums up."""

import shlex

from rnnplay.app.pages import Page
from rnnplay.sampling.presets import arguments
from rnnplay.sampling.records import SampleSettings
from rnnplay.training.arguments import escaped

COUNT = 100  # texts


def command(page: Page) -> str:
    """Return the command that writes many texts as a page was written, and tells what of them is copied or right."""
    settings = page.settings
    options = ["--checkpoint=last"] if page.which == "last" else []
    if page.prompt:
        options.append(f"--prompt={escaped(page.prompt)}")
    if settings.length != SampleSettings().length:
        options.append(f"--length={settings.length}")
    options += arguments(settings)
    parts = ["rnnplay", "sample", page.spec, f"--count={COUNT}", "--check-copies", f"--seed={settings.seed}", *options]
    return shlex.join(parts)
