"""One member of a zip archive, with bounds."""

import hashlib
import zipfile
import zlib
from collections.abc import Generator
from pathlib import Path

from rnnplay.errors import UserError
from rnnplay.text.fetched.fetching import Arrived

PIECE = 1 << 20  # bytes
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others may ask for gigabytes before the first byte is out


def unpacked(archive: Path, member: str, size: int, target: Path) -> Generator[Arrived, None, str]:
    """Write a zip archive's member to a file, telling how far it is.

    Args:
        archive: The archive.
        member: The member's name; it is looked up and never used as a path.
        size: How many bytes it has: an archive that says else is refused, and not a byte more is written.
        target: The file that is written.

    Returns:
        The SHA-256 of the member.

    Raises:
        UserError: The archive is damaged, or doesn't hold that member in that size.
        OSError: The archive can't be read, or the file can't be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            found = [info for info in opened.infolist() if info.filename == member]
            if len(found) != 1:
                raise UserError(f"The archive holds no single file '{member}'.")
            if found[0].compress_type not in _METHODS:
                raise UserError(f"The archive's '{member}' is packed in a way that isn't unpacked here.")
            if found[0].file_size != size:
                raise UserError(f"The archive's '{member}' has {found[0].file_size:,} bytes, not {size:,}.")
            with opened.open(found[0]) as content, target.open("wb") as file:
                digest, done = hashlib.sha256(), 0
                while piece := content.read(min(PIECE, size - done + 1)):
                    done += len(piece)
                    if done > size:
                        raise UserError(f"The archive's '{member}' is longer than the {size:,} bytes that it names.")
                    file.write(piece)
                    digest.update(piece)
                    yield Arrived(done, size, "unpacking")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UserError(
            f"The archive is damaged or packed in a way that isn't known ({type(error).__name__})."
        ) from error
    if done != size:
        raise UserError(f"The archive's '{member}' ends after {done:,} of {size:,} bytes.")
    return digest.hexdigest()
