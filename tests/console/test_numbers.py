"""Numbers as people read them."""

import pytest

from rnnplay.console.numbers import age


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 s ago"),
        (-1.0, "0 s ago"),
        (12.3, "12 s ago"),
        (99.4, "99 s ago"),
        (180.0, "3 min ago"),
        (7200.0, "2 h ago"),
        (90_000.0, "1 d ago"),
        (1e300, "999 d ago"),
    ],
)
def test_an_age_is_short(seconds: float, said: str) -> None:
    assert age(seconds) == said
