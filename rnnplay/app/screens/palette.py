"""The command palette, as Textual has it, without what would end the app."""

from textual.command import CommandList, CommandPalette


class Palette(CommandPalette):
    """Every action, found by typing."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the keys of the list rest while it has no place on the screen, where Textual's list knows no pages."""
        if action == "command_list" and not self.query_one(CommandList).scrollable_content_region:
            return False
        return super().check_action(action, parameters)
