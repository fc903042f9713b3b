"""What the unit with the network left behind, read by the one with the rights.

Whoever has taken that unit over may have laid links, pipes or endless files there, and may change
them while they are read. So nothing is followed, every read is bounded, and what will be used is
copied first and judged by the copy.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

from edge.errors import UpdateDelayed, UpdateRefused
from edge.files import replacing
from edge.software.wheel_set import SOFTWARE_ROLE, Wheel

FOLDER_NAME = "software"  # of all this, in the state folder
EVENTS_NAME = "events"
READY_NAME = "ready.json"  # the list of wheels that lies complete
METADATA_NAME = "metadata"
FILES_NAME = "store"
_METADATA_LIMIT_BYTES = 4_000_000
_CHUNK_BYTES = 1 << 20
_METADATA_FILE = re.compile(
    rf"/metadata/(?:([0-9]{{1,9}})\.)?(root|timestamp|snapshot|targets|{SOFTWARE_ROLE})\.json$"
)


def _opened(path: Path) -> int:
    """A regular file that is no link, opened without waiting for a writer."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path} is no file")
    return handle


def read_bounded(path: Path, limit_bytes: int) -> bytes:
    """The content of a file.

    Raises
    ------
    OSError : it is not there, not a regular file, or longer than it may be.
    """
    with os.fdopen(_opened(path), "rb") as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise OSError(f"{path} is longer than {limit_bytes} B")
    return data


def copy_verified(source: Path, target: Path, wheel: Wheel) -> None:
    """A wheel as signed, in a folder of our own; what is not as signed leaves nothing there.

    Raises
    ------
    UpdateDelayed : missing. UpdateRefused : mismatch.
    """
    seen, size_bytes = hashlib.sha256(), 0
    try:
        handle = _opened(source)
    except OSError as error:
        raise UpdateDelayed("missing", f"{wheel.file} was not handed over: {error}.") from error
    with os.fdopen(handle, "rb") as file, replacing(target, mode=0o644) as copy:
        while size_bytes <= wheel.size_bytes and (chunk := file.read(_CHUNK_BYTES)):
            size_bytes += len(chunk)
            seen.update(chunk)
            copy.write(chunk)
        if size_bytes != wheel.size_bytes or seen.hexdigest() != wheel.sha256:
            raise UpdateRefused(
                "mismatch", f"{wheel.file} is not the signed one.", "Nothing was installed."
            )


class HandedOverMetadata(FetcherInterface):
    """The metadata that the other unit verified and kept, to be verified once more from there.

    folder : its cache, as The Update Framework's client lays it out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        found = _METADATA_FILE.search(url)
        if found is None:
            raise DownloadHTTPError(f"{url}: not handed over", 404)
        version, role = found.groups()
        name = f"root_history/{version}.root.json" if role == "root" else f"{role}.json"
        try:
            data = read_bounded(self._folder / name, _METADATA_LIMIT_BYTES)
        except FileNotFoundError as error:
            raise DownloadHTTPError(f"{name}: not handed over", 404) from error
        except OSError as error:
            raise DownloadError(f"{name}: {error}") from error
        return iter((data,))
