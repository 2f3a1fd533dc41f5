"""Text as it comes from anywhere: what markup, terminals and columns trip over."""

from hypothesis import strategies

NASTY = [
    "[bold]",
    "[/]",
    "[@click=app.quit]x[/]",
    "{}",
    "$accent",
    "nan",
    "-inf",
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x00",
    "\r",
    "\t",
    "\n",
    " ",
    "   ",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u200d",
    "\u200b",
    "\ufeff",
    "\ufe0f",
    "\ud800",
    "e\u0301",
    "\u0301\u0302",
    "\u0301" * 12,
    "שלום",
    "مرحبا",
    "日本語",
    "한글",
    "\u1112\u1161\u11ab",
    "क्षि",
    "ก็ำ",
    "👍🏽",
    "👩\u200d🔧",
    "🇩🇪",
    "1\ufe0f\u20e3",
    "\U0010ffff",
    "a" * 30,
]

foreign_text = strategies.lists(
    strategies.one_of(
        strategies.sampled_from(NASTY), strategies.text(max_size=8), strategies.text("ab ,\n", max_size=9)
    ),
    max_size=12,
).map("".join)
