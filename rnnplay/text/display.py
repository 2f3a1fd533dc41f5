"""Showing text from elsewhere: seen, never obeyed."""

import unicodedata

# Marks that reorder, hide or isolate what stands beside them; see Unicode Standard Annex 9.
_BIDIRECTIONAL = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def visible(text: str) -> str:
    r"""Replace control characters, escapes, lone surrogates and bidirectional marks with symbols that show them.

    Newlines and tabs stay. C0 controls become their Unicode control pictures, the rest `\u{...}`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or character.isprintable():
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in _BIDIRECTIONAL or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}:
        return f"\\u{{{code:x}}}"
    return character


def one_line(text: str, width: int) -> str:
    """Show a text on one line of at most `width` characters, newlines as a return arrow."""
    line = visible(text).replace("\n", "\u21b5").replace("\t", "\u2192")
    return line if len(line) <= width else line[: max(width - 1, 0)] + "\u2026"
