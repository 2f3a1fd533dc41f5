"""The command palette, as Textual has it, without what would end the app."""

from typing import Any

from textual.command import CommandList, CommandPalette
from textual.worker import Worker


class Palette(CommandPalette):
    """Every action, found by typing."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the keys of the list rest while it has no place on the screen, where Textual's list knows no pages."""
        lists = self.query(CommandList)
        if action == "command_list" and not (lists and lists.first().scrollable_content_region):
            return False
        return super().check_action(action, parameters)

    def run_worker(self, *work: Any, **options: Any) -> Worker[Any]:  # noqa: ANN401 - as Textual has it
        """Search; where the palette was left before it had a list, the search fails and nobody misses it."""
        return super().run_worker(*work, **{**options, "exit_on_error": False})
