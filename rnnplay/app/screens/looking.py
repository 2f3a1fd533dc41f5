"""Looking closer at what was written: how surprising it was, what of it is copied, what else could have come."""

import asyncio
from contextlib import aclosing

from textual import on

from rnnplay.app.screens.studio import Studio
from rnnplay.app.widgets.bars import Bars
from rnnplay.app.widgets.copied import CopiedLegend
from rnnplay.app.widgets.novelty import Novelty
from rnnplay.app.widgets.sheet import Sheet
from rnnplay.app.widgets.writing import HEATS, Heat, Writing
from rnnplay.engine.client import EngineDiedError
from rnnplay.engine.protocol import Check, Judged
from rnnplay.errors import UserError
from rnnplay.sampling.records import SampledChar

CHECKING = 0.25  # seconds that a text has stood until it is checked
CHECKING_BESIDE = 1.0  # while a network trains


class Looking(Studio):
    """The part of Sample that looks closer at what was written.

    Attributes:
        copies: Whether it is shown what is copied, and what lines are worth.
    """

    def __init__(self) -> None:
        super().__init__()
        self.copies = False
        self.legend = CopiedLegend()
        self.novelty = Novelty()
        self._branching: tuple[Sheet, int, SampledChar] | None = None
        self._may_branch = False

    # What is copied

    def check(self) -> None:
        """Ask what of the texts is copied and what their lines are worth; the newest question wins."""
        if any(sheet.question() is not None for sheet in self.sheets.used):
            self.work(self._check, "check")

    async def _check(self) -> None:
        await asyncio.sleep(CHECKING_BESIDE if self.desk.trainings else CHECKING)
        for sheet in self.sheets.used:
            question = sheet.question()
            if question is not None:
                await self._ask_about(sheet, question)
        self.tell()

    async def _ask_about(self, sheet: Sheet, question: Check) -> None:
        """Ask about a text; that nobody knows is no trouble, and that the engine has ended is told by others."""
        try:
            async with aclosing(self.desk.engine.ask(question)) as replies:
                async for reply in replies:
                    if isinstance(reply, Judged) and sheet.question() == question:
                        sheet.judge(reply.checked)
        except EngineDiedError:
            return
        except UserError as error:
            if sheet.question() == question:
                sheet.unknown = str(error)

    def action_copies(self) -> None:
        """Show what is copied, and what lines are worth, or no longer."""
        self._look_at(copies=not self.copies)

    def action_longest(self) -> None:
        """Go to the longest copied run, from there to the next longest."""
        if not self.copies:
            self._look_at(copies=True)
        writing = self.sheets.active.writing
        runs = writing.marks.by_length() if writing.marks is not None else []
        if not runs:
            if not self._without_marks():  # which stands there already
                self.desk.say("Nothing of it is copied.")
            return
        starts = [start for start, _ in runs]
        at = starts.index(writing.cursor) + 1 if writing.cursor in starts else 0
        writing.focus()
        writing.go_to(*runs[at % len(runs)])

    def action_heat(self) -> None:
        """Show surprise with digits, without, or not at all."""
        self._look_at(heat=HEATS[(HEATS.index(self.sheets.active.writing.heat) + 1) % len(HEATS)])

    def _look_at(self, *, heat: Heat = "off", copies: bool = False) -> None:
        """Show one thing about the characters, or none."""
        self.copies = copies
        for writing in self.query(Writing):
            writing.heat = heat
            writing.marking = copies
        self.set_class(heat != "off", "hot")
        self.set_class(copies, "copies")
        self.tell()

    def tell(self) -> None:
        """Show the sentence that matters most now, and what is known of copies."""
        super().tell()
        sheet = self.sheets.active
        if self.copies:
            self.legend.tell(sheet.writing.marks, self._without_marks())
            self.novelty.shares = sheet.checked.copies.new_shares if sheet.checked is not None else ()
        self.set_class(self.copies and sheet.checked is not None and sheet.writing.cursor is None, "novel")

    def _without_marks(self) -> str:
        """Say why nothing is marked."""
        sheet = self.sheets.active
        if sheet.writing.marks is not None:
            return ""
        if sheet.unknown:
            return sheet.unknown
        return "what is copied is told when the text stands" if sheet.running else "looking what of it is copied …"

    def words_at(self, index: int) -> str:
        """Return what is known of a character."""
        told, marks = super().words_at(index), self.sheets.active.writing.marks
        return f"{marks.says(index)} · {told}" if self.copies and marks is not None else told

    # The text under the cursor

    def action_walk(self, by: int) -> None:
        """Begin to walk over the text."""
        writing = self.sheets.active.writing
        writing.focus()
        writing.action_climb(by)

    @on(Writing.Moved)
    def _moved(self) -> None:
        self.update_expectation()
        may_branch = self.under_cursor() is not None
        if may_branch != self._may_branch:
            self._may_branch = may_branch
            self.refresh_bindings()
        self.tell()

    @on(Writing.Branch)
    def _branch_here(self) -> None:
        self.action_branch()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to branch where the cursor is on a character that was written."""
        if action == "branch":
            return self.is_mounted and self.under_cursor() is not None
        return super().check_action(action, parameters)

    def action_branch(self) -> None:
        """Offer other characters in place of the one under the cursor."""
        told, sheet = self.under_cursor(), self.sheets.active
        if told is None or sheet.writing.cursor is None:
            return
        self._branching = (sheet, sheet.writing.cursor, told)
        self.remove_class("knobs-open", "bars-shut")
        self.add_class("bars-open")
        self.call_after_refresh(self._offer)

    def _offer(self) -> None:
        if self._branching is not None:
            self.expectation.offer(self._branching[2])

    def _offers_here(self) -> bool:
        """Return whether other characters are offered for the one that is under the cursor now."""
        if self._branching is None or self.prompt_input.has_focus:
            return False
        sheet, index, offered = self._branching
        return sheet is self.sheets.active and sheet.writing.cursor == index and self.under_cursor() is offered

    def _withdraw_offer(self) -> None:
        """Let nobody choose any more; the keys go to the text again."""
        if self._branching is None:
            return
        sheet, _, _ = self._branching
        self._branching = None
        self.remove_class("bars-open")
        if self.expectation.bars.has_focus:
            sheet.writing.focus()
        self.expectation.withdraw()

    def clear_expectation(self, caption: str = "") -> None:
        """Show nothing in the bars, and offer nothing."""
        self._withdraw_offer()
        super().clear_expectation(caption)

    def update_expectation(self) -> None:
        """Ask what the bars are to show where one is now; an offer for another place is withdrawn."""
        if not self._offers_here():
            self._withdraw_offer()
        super().update_expectation()

    @on(Bars.Chosen)
    def _chosen(self, event: Bars.Chosen) -> None:
        branching, here = self._branching, self._offers_here()
        self._withdraw_offer()
        if branching is not None and event.character is not None and here:
            sheet, index, _ = branching
            self.keep()
            sheet.branch(self.desk.engine, index, event.character)
            self._pulse()
            self.clear_expectation()
        self.update_expectation()
        self.tell()
