"""Where everything goes that a command writes: known and allowed before the first picture is read.

No output is an input of the run, none is named twice, none replaces a file that another program
wrote unless `--overwrite` is given, and every place can be written and has room, as far as that can
be known beforehand.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from edge.desk.output_names import NUMBERED
from edge.errors import OutputRefused
from edge.exports.formats import written_by_an_export
from edge.output import MARK, STDOUT, failed, incomplete

_MOST_NAME_BYTES = 255
_LEAST_ROOM_BYTES = 1 << 20
_LOOK_BYTES = 4096
# Formats of ours that have no place for a mark: measures, pose sequences, the collector's table.
_OURS_BEGIN = (
    b"path,frame,time_s,person,view,",
    b'{"skeleton":"',
    b"screened_at,clock_state,site,station,",
    b"first \\ second,",
)


class Outputs:
    """Claims places, one after the other.

    inputs : of the run; pictures, and models, settings and whatever else is read.
    overwrite : files that others wrote may be replaced; inputs never.
    """

    def __init__(self, inputs: Iterable[Path], *, overwrite: bool) -> None:
        self._inputs = {key for path in inputs if (key := _identity(path)) is not None}
        self._claimed: dict[str, Path] = {}
        self._folders: list[Path] = []
        self._overwrite = overwrite

    def claim(self, path: Path, *, room_bytes: int = 0) -> Path:
        """A file to be written.

        room_bytes : how much it will take at least.

        Raises
        ------
        OutputRefused : it is an input, claimed already, another program's, or cannot be written.
        """
        if path == STDOUT:
            return self._once(path, "-")
        if len(os.fsencode(incomplete(path).name)) > _MOST_NAME_BYTES:
            raise OutputRefused(f"{path}: the name is too long.", "Shorten that of the input.")
        for place in (path, incomplete(path)):
            self._once(place, os.path.realpath(place).casefold())
            self.may_replace(place)
        _check_file(path)
        _check_folder(Path(os.path.realpath(path)).parent, path, room_bytes, self._folders)
        return path

    def claim_folder(self, path: Path) -> Path:
        """A folder that files are written into; `make_folders` makes it where it is missing.

        Raises
        ------
        OutputRefused : it is no folder, or cannot be made.
        """
        if path == STDOUT:
            raise OutputRefused("a folder's files cannot go to standard output.", "Name a folder.")
        place = Path(os.path.realpath(path))
        self._folders.append(place)
        _check_folder(place, path, 0, self._folders)
        return path

    def make_folders(self) -> None:
        """Make the folders, once everything was claimed: a plan that was refused leaves nothing
        behind.

        Raises
        ------
        OutputFailed : one cannot be made after all.
        """
        for folder in self._folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise failed(folder, error) from error

    def _once(self, path: Path, key: str) -> Path:
        if key in self._claimed:
            raise OutputRefused(
                f"two outputs would be written to {path}.", "Name different files or folders."
            )
        self._claimed[key] = path
        return path

    def may_replace(self, path: Path) -> None:
        """Raises OutputRefused where a file is an input, or somebody else's."""
        try:
            mode = path.stat().st_mode
        except OSError:
            return  # nothing is there, or `_check_file` says why it cannot be
        if _identity(path) in self._inputs:
            raise OutputRefused(
                f"{path} is an input of this run: it would be replaced.", "Name another place."
            )
        if stat.S_ISDIR(mode):
            raise OutputRefused(f"{path} is a folder.", "Name a file.")
        if stat.S_ISREG(mode) and not self._overwrite and not written_here(path):
            raise OutputRefused(
                f"{path} exists, and was not written by this program.",
                "Name another place, or give --overwrite to replace it.",
            )


def written_here(path: Path) -> bool:
    """Whether a file bears this program's mark, or is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(_LOOK_BYTES)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOOK_BYTES))
            tail = file.read()
    except OSError:
        return False
    marked = MARK.encode() in head or MARK.encode() in tail
    return not head or marked or head.startswith(_OURS_BEGIN) or written_by_an_export(head)


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file, the same by whatever link it is named."""
    try:
        told = path.stat()
    except (OSError, ValueError):
        return None
    return told.st_dev, told.st_ino


def _check_file(path: Path) -> None:
    try:
        there = path.exists()
    except OSError as error:
        raise failed(path, error, OutputRefused) from error
    if there and not os.access(path, os.W_OK):
        raise OutputRefused(f"{path} may not be written.", "Mend its rights, or name another.")


def _check_folder(folder: Path, path: Path, room_bytes: int, planned: Sequence[Path]) -> None:
    """Whether `path` can be written into a folder that is there, or will be made."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            return  # a pipe or a device
        base = folder
        while folder in planned and not base.exists():
            base = base.parent
        if not base.exists():
            raise OutputRefused(f"there is no folder {folder}.", "Make it, or name another place.")
        if not base.is_dir():
            raise failed(path, NotADirectoryError(errno.ENOTDIR, ""), OutputRefused)
        if not os.access(base, os.W_OK | os.X_OK):
            raise OutputRefused(f"the folder {base} may not be written.", "Name another place.")
        free = shutil.disk_usage(base).free
    except OSError as error:
        raise failed(path, error, OutputRefused) from error
    if free < max(_LEAST_ROOM_BYTES, room_bytes):
        raise OutputRefused(
            f"{base} has {free / 1e6:.1f} MB left, too little for {path.name}.",
            "Make room, or name another place.",
        )


class FolderOfOutputs:
    """Files in one folder, a family for each input: NAME, NAME-2 for a second person, and, of a
    video, NAME_000000000007 for its seventh frame. It is an `edge.exports.base.Place`.

    names : of each input, by its path. suffix : of all files.
    """

    def __init__(
        self,
        outputs: Outputs,
        folder: Path,
        names: dict[str, str],
        suffix: str,
        room_bytes: int = 0,
    ) -> None:
        self._folder = outputs.claim_folder(folder)
        self._names = names
        self._suffix = suffix
        for source in names:
            outputs.claim(self(source, 1, None))
        families = {name.casefold() for name in names.values()}
        there = self._folder.iterdir() if self._folder.is_dir() else ()
        for path in there:
            stem = path.name.removesuffix(suffix)
            if stem != path.name and NUMBERED.sub("", stem).casefold() in families:
                outputs.may_replace(path)

    def __call__(self, source: str, number: int, frame: int | None) -> Path:
        name = self._names[source]
        if number > 1:
            name = f"{name}-{number}"
        if frame is not None:
            name = f"{name}_{frame:012d}"
        return self._folder / f"{name}{self._suffix}"
