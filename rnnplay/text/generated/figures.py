"""Lines of figures: sums and dates."""

from calendar import isleap, monthrange
from datetime import date

from rnnplay.text.generated.choices import Choice, Line, Source
from rnnplay.text.generated.dials import Dials

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def sums(dials: Dials) -> Line:
    """Write two numbers and their sum; both are uniform from 0 to `largest`.

    With `reversed` the sum's digits stand from the right, the ones first: the order in which they are worked out.
    """
    numbers = range(dials["largest"] + 1)
    first, second = Choice({f"{number}+": 1 for number in numbers}), Choice({f"{number}=": 1 for number in numbers})
    step = -1 if dials["reversed"] else 1

    def line(source: Source) -> None:
        total = int(source.choose(first)[:-1]) + int(source.choose(second)[:-1])
        source.write(f"{total}"[::step] + "\n")

    return line


def dates(dials: Dials) -> Line:
    """Write a date in figures, its weekday, and the date in words.

    All days from 1 January of the year `first` to 31 December of the year `last` are equally likely (Gregorian).
    """
    days_of = {year: 366 if isleap(year) else 365 for year in range(dials["first"], dials["last"] + 1)}
    years = Choice({f"{year}-": days for year, days in days_of.items()})
    lengths = {leap: [monthrange(2000 if leap else 2001, month)[1] for month in range(1, 13)] for leap in (False, True)}
    months = {leap: Choice({f"{at:02}-": days for at, days in enumerate(lengths[leap], 1)}) for leap in lengths}
    days_in = {length: Choice({f"{day:02}": 1 for day in range(1, length + 1)}) for length in (28, 29, 30, 31)}

    def line(source: Source) -> None:
        year = int(source.choose(years)[:-1])
        month = int(source.choose(months[isleap(year)])[:-1])
        day = int(source.choose(days_in[lengths[isleap(year)][month - 1]]))
        weekday = WEEKDAYS[date(year, month, day).weekday()]
        source.write(f" = {weekday}, {day} {MONTHS[month - 1]} {year}\n")

    return line
