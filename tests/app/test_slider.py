"""The slider: every key and the mouse move it, and it stays within its ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from rnnplay.app.widgets.slider import Slider


def made(value: float = 0.8) -> Slider:
    return Slider("temperature", maximum=2.0, step=0.05, value=value, marks=("cold", "wild"))


class Shown(App[None]):
    CSS = "Slider { width: 41; }"

    def __init__(self) -> None:
        super().__init__()
        self.slider = made()
        self.told: list[float] = []

    def compose(self) -> ComposeResult:
        yield self.slider

    def on_slider_changed(self, message: Slider.Changed) -> None:
        assert message.control is self.slider
        self.told.append(message.value)

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips[:3]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("left", 0.75),
        ("right", 0.85),
        ("shift+left", 0.3),
        ("shift+right", 1.3),
        ("pagedown", 0.3),
        ("pageup", 1.3),
        ("home", 0.0),
        ("end", 2.0),
    ],
)
async def test_a_key_moves_it_and_it_tells(key: str, value: float) -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.slider.focus()
        await pilot.press(key)
        await pilot.pause()
        assert app.slider.value == value
        assert app.told == [value]


async def test_it_shows_its_name_its_number_and_its_ends() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        await pilot.pause()
        label, line, marks = app.lines
        assert label.split() == ["temperature", "0.80"]
        assert line.index("●") == 16
        assert marks.split() == ["cold", "wild"]


async def test_the_mouse_sets_drags_and_wheels_it() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        await pilot.mouse_down(Slider, offset=(40, 1))
        assert app.slider.value == 2.0
        await pilot.hover(Slider, offset=(10, 1))
        assert app.slider.value == 0.5
        await pilot.mouse_up(Slider, offset=(10, 1))
        await pilot.hover(Slider, offset=(30, 1))
        assert app.slider.value == 0.5
        await pilot._post_mouse_events([_wheel_up()], Slider, offset=(3, 1))
        assert app.slider.value == 0.55


def _wheel_up() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


@given(st.floats())
def test_any_number_becomes_one_on_a_step_within_the_ends(value: float) -> None:
    slider = made()
    value = slider.validate_value(value)
    assert 0 <= value <= 2
    assert math.isclose(value / 0.05, round(value / 0.05), abs_tol=1e-9)
