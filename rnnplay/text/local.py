"""Texts that stand on every machine with Python: read when asked for, never copied into the repository."""

import importlib
import importlib.util
import sysconfig
import unicodedata
from collections.abc import Callable
from pathlib import Path

from rnnplay.errors import UserError

# Typographic marks as plain ones: a hundred rare symbols fewer to learn.
_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\xa0": " "}
)

# Modules of the standard library that are written with care and in plain ASCII: about a million characters.
_CODE = (
    "argparse.py ast.py asyncio bisect.py calendar.py cmd.py code.py codecs.py collections concurrent configparser.py "
    "contextlib.py copy.py csv.py dataclasses.py difflib.py enum.py filecmp.py fnmatch.py fractions.py functools.py "
    "getopt.py glob.py gzip.py heapq.py html importlib inspect.py ipaddress.py json keyword.py linecache.py locale.py "
    "logging operator.py pathlib.py pathlib pickle.py pprint.py queue.py random.py sched.py shlex.py shutil.py "
    "socketserver.py statistics.py string.py subprocess.py tempfile.py textwrap.py threading.py timeit.py tokenize.py "
    "tomllib traceback.py types.py typing.py unittest urllib uuid.py warnings.py weakref.py zipfile.py zipfile"
).split()


def _topics() -> str:
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return "\n\n".join(topics[key].strip("\n") for key in sorted(topics)).translate(_PLAIN) + "\n"


def _code() -> str:
    library = Path(sysconfig.get_path("stdlib"))
    found = (library / name for name in _CODE)
    files = [file for place in found for file in ([place] if place.is_file() else sorted(place.glob("*.py")))]
    texts = [file.read_bytes() for file in files]
    return "\n\n".join(text.decode("ascii").strip() for text in texts if text.isascii() and text.strip()) + "\n"


def _unicode_names() -> str:
    names = (unicodedata.name(chr(point), "") for point in range(0x30000))
    enumerated = ("CJK ", "HANGUL SYLLABLE", "TANGUT", "NUSHU", "KHITAN")
    return "".join(f"{name}\n" for name in names if name and not name.startswith(enumerated))


_READERS: dict[str, Callable[[], str]] = {"topics": _topics, "stdlib": _code, "unicode-names": _unicode_names}


def lacks(name: str) -> bool:
    """Tell whether this Python came without a local corpus, without reading it."""
    if name == "topics":
        try:
            return importlib.util.find_spec("pydoc_data.topics") is None
        except (ImportError, ValueError):
            return True
    library = Path(sysconfig.get_path("stdlib"))
    return name == "stdlib" and not any((library / part).exists() for part in _CODE)


def read(name: str) -> str:
    """Return the text of a local corpus.

    Raises:
        UserError: This Python came without it.
    """
    try:
        text = _READERS[name]()
    except (ImportError, OSError, UnicodeDecodeError):
        text = ""
    if not text.strip():
        raise UserError(f"This Python came without the text '{name}'; 'rnnplay corpora list' shows others.")
    return text
