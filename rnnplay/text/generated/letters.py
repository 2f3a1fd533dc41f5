"""Lines of single letters: counting, copying, reversing, recalling."""

from collections.abc import Callable
from string import ascii_lowercase

from rnnplay.text.generated.choices import Choice, Line, Source
from rnnplay.text.generated.dials import Dials


def count(dials: Dials) -> Line:
    """Write so many a, a bar, and as many b; the number is uniform from 1 to `longest`."""
    beginnings = Choice({"a" * number + "|": 1 for number in range(1, dials["longest"] + 1)})

    def line(source: Source) -> None:
        beginning = source.choose(beginnings)
        source.write("b" * (len(beginning) - 1) + "\n")

    return line


def copy(dials: Dials) -> Line:
    """Write letters, ">" and the same letters again; see `_letters_by`."""
    letters = _letters_by(dials, ">")

    def line(source: Source) -> None:
        source.write(letters(source) + "\n")

    return line


def reverse(dials: Dials) -> Line:
    """Write letters, "<" and the same letters from the last to the first; see `_letters_by`."""
    letters = _letters_by(dials, "<")

    def line(source: Source) -> None:
        source.write(letters(source)[::-1] + "\n")

    return line


def _letters_by(dials: Dials, mark: str) -> Callable[[Source], str]:
    """Return what writes `shortest` to `longest` of the first so many `letters` of the alphabet, and a mark."""
    return letters_and(mark, ascii_lowercase[: dials["letters"]], dials["shortest"], dials["longest"])


def letters_and(mark: str, symbols: str, shortest: int, longest: int) -> Callable[[Source], str]:
    """Return a procedure that writes letters and a mark, and returns the letters.

    Their number is uniform from `shortest` to `longest`, and each is uniform among the symbols. Of the numbers that may
    still come, the one reached is as likely as each of the others: so likely is the mark.
    """
    choices = [
        Choice(dict.fromkeys(symbols, (longest - written) / len(symbols)) | ({mark: 1} if written >= shortest else {}))
        for written in range(longest)
    ]

    def letters(source: Source) -> str:
        written = ""
        for choice in choices:
            symbol = source.choose(choice)
            if symbol == mark:
                return written
            written += symbol
        source.write(mark)
        return written

    return letters


def lag(dials: Dials) -> Line:
    """Write x, y or z, then `distance` letters a or b, then the first letter as a capital; all uniform."""
    first, between, distance = Choice(dict.fromkeys("xyz", 1)), Choice(dict.fromkeys("ab", 1)), dials["distance"]

    def line(source: Source) -> None:
        letter = source.choose(first)
        for _ in range(distance):
            source.choose(between)
        source.write(letter.upper() + "\n")

    return line
