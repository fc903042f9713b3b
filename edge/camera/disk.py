"""Files as they come from outside: opened once, and only what is a file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from edge.camera.kinds import HEAD_BYTES, Kind, kind_of
from edge.errors import ImageUnreadable, PostureError, SourceInvalid

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


def open_file(path: Path) -> BinaryIO:
    """A regular file, to be read.

    Raises
    ------
    SourceInvalid : nothing of that name, or a folder, a pipe or a device.
    ImageUnreadable : there is one, and it may not or cannot be read.
    """
    try:
        # Opening a pipe that nobody writes to would wait for ever.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise not_readable(path, error) from error
    mode = os.fstat(file.fileno()).st_mode
    if stat.S_ISREG(mode):
        return file
    file.close()
    what = "a pipe" if stat.S_ISFIFO(mode) else "a socket or device"
    raise SourceInvalid(f"{path} is {what}, no file.", "Save what comes out of it, and name that.")


def kind_on_disk(path: Path) -> Kind:
    """What the file holds. Raises as `open_file`."""
    with open_file(path) as file:
        try:
            kind = kind_of(file.read(HEAD_BYTES))
            return _counted(file, kind) if kind.name == "GIF" else kind
        except OSError as error:
            raise not_readable(path, error) from error


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False for any name that the file system does not take."""
    try:
        return path.is_dir()
    except OSError:
        return False


def not_readable(path: Path, error: OSError | ValueError) -> PostureError:
    """What is wrong with a name, or with the file that bears it."""
    if isinstance(error, OSError) and error.errno not in _ABSENT:
        return ImageUnreadable(
            f"{path} cannot be read: {os.strerror(error.errno or errno.EIO)}.",
            "Check its rights and the disk.",
        )
    too_long = isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG
    why = ": the name is too long" if too_long else ""
    return SourceInvalid(f"there is no file or folder {path}{why}.", "Check the path.")


def _counted(file: BinaryIO, gif: Kind) -> Kind:
    """A GIF of several pictures is a video; each picture has a control block of its own."""
    file.seek(0)
    control, pictures, tail = b"\x21\xf9\x04", 0, b""
    while pictures < 2 and (block := file.read(1 << 20)):
        pictures += (tail + block).count(control)
        tail = block[-2:]
    return gif if pictures < 2 else Kind("animated GIF", "video")
