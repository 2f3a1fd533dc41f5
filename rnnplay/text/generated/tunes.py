"""Tunes: two strains of music, the first played twice, then the second, then the first again."""

from rnnplay.text.generated.choices import Choice, Line, Source
from rnnplay.text.generated.dials import Dials

SCALE = "cdegaCDEGA"  # two octaves of a scale of five notes
BARS, NOTES_A_BAR = 4, 4


def tunes(dials: Dials) -> Line:
    """Write sixteen bars of four notes: a strain of four bars, the same again, another, and the first once more.

    A strain's first note is uniform among the lowest `notes` of the scale; each further note is the one below, the same
    or the one above, uniform among those that there are.
    """
    scale = SCALE[: dials["notes"]]
    first = Choice(dict.fromkeys(scale, 1))
    following = {note: Choice(dict.fromkeys(scale[max(at - 1, 0) : at + 2], 1)) for at, note in enumerate(scale)}

    def strain(source: Source) -> str:
        written, choice = "", first
        for _ in range(BARS):
            for _ in range(NOTES_A_BAR):
                note = source.choose(choice)
                written, choice = written + note, following[note]
            source.write("|")
            written += "|"
        return written

    def line(source: Source) -> None:
        first_strain = strain(source)
        source.write(first_strain)
        strain(source)
        source.write(first_strain + "\n")

    return line
