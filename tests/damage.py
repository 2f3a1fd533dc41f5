"""Damages files of a run in every way that a disk, a program or a person may, by a seed."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

WHAT_NO_FIELD_HOLDS: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 2**31, 2**62, 2**63, 2**64, 10**40, 10**400, 1e-308, 1e308, -1e308,
    "", "\0", "a\0b", "\n", "..", "../../x", "/dev/zero", "~", "-",
    "[bold]x[/]", "\x1b[31m", "\u202e", "\ufeff", "\uf7ff",
    "x" * 10_000, [], {}, [[]], {"": {}}, [1, 2, 3], ["x"], [-0.5, 2.0],
)  # fmt: skip
RAW = (
    b"\xff\xfe",
    b"\0" * 64,
    b"[" * 5000,
    b'{"a":' * 5000,
    b"\xed\xa0\x80",
    b"1" * 5000,
    b"NaN",
    b"1e400",
    b"\n" * 5000,
)


def flipped(content: bytes, random: Random) -> bytes:
    """Flip one bit, or a few."""
    changed = bytearray(content or b"\0")
    for _ in range(random.choice((1, 1, 1, 3, 20))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def torn(content: bytes, random: Random) -> bytes:
    """Cut the end, the beginning, or a piece in the middle."""
    start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return random.choice((content[:start], content[start:], content[:start] + content[end:], b""))


def mixed(content: bytes, random: Random) -> bytes:
    """Put bytes that don't belong there at some place, or in the place of all."""
    start = random.randrange(len(content) + 1)
    other = random.choice((*RAW, random.randbytes(200), content))
    return random.choice((content[:start] + other + content[start:], content[:start] + other, other))


def with_strange_values(content: bytes, random: Random) -> bytes:
    """Put a value that its field doesn't take into JSON: a card, the header of a checkpoint, or lines of a log."""
    if content[8:9] == b"{":  # a checkpoint
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        if random.random() < 0.7:
            card = json.loads(header["__metadata__"]["rnnplay"])
            header["__metadata__"]["rnnplay"] = json.dumps(_changed(card, random))
        else:
            header = _changed(header, random)
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]
    lines = [content] if content.startswith(b"{\n") else content.split(b"\n")
    for place in random.sample(range(len(lines)), min(len(lines), random.choice((1, 1, 5)))):
        if lines[place].startswith(b"{"):
            whole = _changed(json.loads(lines[place]), random)
            lines[place] = json.dumps(whole, separators=(",", ":")).encode()
    return b"\n".join(lines)


def _changed(whole: Any, random: Random) -> Any:
    """Return a JSON value with one value or key in it changed."""
    places = list(_places(whole))
    if not places or random.random() < 0.02:
        return random.choice(WHAT_NO_FIELD_HOLDS)
    parent, key = random.choice(places)
    if isinstance(parent, dict) and random.random() < 0.15:
        value = parent.pop(key)
        if random.random() < 0.5:
            parent[random.choice(("", "\0", "new", "type", key.upper()))] = value
    else:
        parent[key] = random.choice(WHAT_NO_FIELD_HOLDS)
    return whole


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)


CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (flipped, torn, mixed, with_strange_values, with_strange_values)


def damage(path: Path, random: Random) -> None:
    """Damage a file: its content, or put something else in its place."""
    content = path.read_bytes() if path.is_file() else b""
    if random.random() < 0.8 and content:
        path.write_bytes(random.choice(CHANGES)(content, random))
        return
    path.unlink(missing_ok=True)
    random.choice((Path.mkdir, _loop, _pipe, _endless, _unreadable, _missing))(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _unreadable(path: Path) -> None:
    path.touch(mode=0)


def _missing(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
