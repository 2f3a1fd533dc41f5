"""What the form of a training needs to know, asked of the engine: the text, the machine, the network to begin from."""

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from rnnplay.app.widgets.training_form import TrainingForm
from rnnplay.engine.protocol import Describe, Described, Measure, Measured, Open, Opened
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.app.place import Place


class Inquiry:
    """Asks, tells the form, and asks again for what has become another, or for all when the engine ends or is back."""

    def __init__(self, place: "Place") -> None:
        self._place = place
        self._desk = place.desk
        self._asked: dict[str, object] = {}

    @property
    def _form(self) -> TrainingForm:
        return self._place.query_one(TrainingForm)

    def look(self) -> None:
        """Ask for what isn't known yet."""
        state, dead = self._desk.state, self._desk.engine.state == "dead"
        self._once("text", (state.corpus, state.extensions, state.shape, dead), self._text)
        self._once("machine", dead, self._machine)
        self._once("origin", (self._desk.origin, dead), self._origin)

    def _once(self, what: str, wanted: object, learn: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if what not in self._asked or wanted != self._asked[what]:
            self._asked[what] = wanted
            self._place.run_worker(learn(), exclusive=True, group=what, exit_on_error=False)

    async def _text(self) -> None:
        state = self._desk.state
        self._form.tell_text(None, "looking at the text …")
        try:
            question = Describe(state.corpus, state.extensions, state.shape)
            async with aclosing(self._desk.engine.ask(question)) as replies:
                async for reply in replies:
                    if isinstance(reply, Described):
                        self._form.tell_text(reply)
                        return  # the baselines, which take longer, are the training's own to count
        except UserError as error:
            self._form.tell_text(None, str(error))

    async def _machine(self) -> None:
        try:
            async with aclosing(self._desk.engine.ask(Measure())) as replies:
                async for reply in replies:
                    if isinstance(reply, Measured):
                        self._form.tell_machine(reply)
        except UserError:
            self._form.tell_machine(None, "not measured")

    async def _origin(self) -> None:
        origin = self._desk.origin
        if origin is None:
            self._form.begin_anew()
            return
        self._form.begin_from(origin.spec)
        try:
            async with aclosing(self._desk.engine.ask(Open(origin.spec, origin.which))) as replies:
                async for reply in replies:
                    if isinstance(reply, Opened):
                        self._form.tell_origin(reply)
        except UserError as error:
            self._form.tell_no_origin(str(error))
