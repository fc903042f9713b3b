"""Files that are whole: the old content or the new, never between, whatever ends the program.

A rename is atomic for readers, but after a power cut it is only there if file and folder had been
flushed, in this order: write, fsync the file, rename, fsync the folder.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
import tomli_w


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """A folder, and those above it, that are still there after a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


@contextmanager
def replacing(
    path: Path,
    *,
    mode: int | None = None,
    flush: bool = True,
    beside: Path | None = None,
    stopped: Path | None = None,
) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file's content when the context ends well.

    If it ends otherwise, the file is as it was. A link is followed and stays a link. A pipe or a
    device is written straight through: it has no content that could be replaced.

    Parameters
    ----------
    mode : the file's rights, set before its first byte is there. Without, an existing file keeps
        its own, and a new one gets what the umask leaves.
    flush : whether it must survive a power cut; without, it is only whole for readers.
    beside : name of the new content until it is whole, of a file that is not there yet. Without,
        NAME.new, which a power cut may leave and the next call takes.
    stopped : where the content goes that stands there when Ctrl-C ends the context.

    Raises
    ------
    OSError : it cannot be written.
    """
    path = Path(os.path.realpath(path))
    known = path.stat().st_mode if path.exists() else None
    if known is not None and not stat.S_ISREG(known):
        with path.open("wb") as stream:
            yield stream
        return
    if mode is None and known is not None:
        mode = stat.S_IMODE(known)
    how: Literal["wb", "xb"] = "wb" if beside is None else "xb"
    beside = beside or path.with_name(path.name + ".new")
    try:
        with beside.open(how) as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            if flush:
                os.fsync(file.fileno())
        beside.replace(path)
    except KeyboardInterrupt:
        with suppress(OSError):
            if stopped is None:
                beside.unlink(missing_ok=True)
            else:
                beside.replace(stopped)
        raise
    except FileExistsError:  # somebody else's: it is not ours to remove
        raise
    except BaseException:
        with suppress(OSError):  # what went wrong first is what must be told
            beside.unlink(missing_ok=True)
        raise
    if flush:
        sync_folder(path.parent)


def write_durably(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace a file's content in one step. Parameters and errors as `replacing`."""
    with replacing(path, mode=mode) as file:
        file.write(data)


def write_for_this_boot(path: Path, content: msgspec.Struct) -> None:
    """Replace a small JSON file that is of one boot. On a full disk the old one stays.

    It is not flushed, which spares the card: after a power cut it is of another boot, and void.
    """
    with suppress(OSError), replacing(path, flush=False) as file:
        file.write(msgspec.json.encode(content))


def write_toml(path: Path, content: msgspec.Struct, *, mode: int | None = None) -> None:
    """Replace a TOML file by a struct: its fields as keys, structs in it as tables.

    A field that is None is left out, for TOML has no word for it. Errors as `replacing`.
    """
    text = tomli_w.dumps(_told(msgspec.to_builtins(content)))
    write_durably(path, text.encode(), mode=mode)


def _told(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _told(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }


def move_durably(source: Path, target: Path) -> None:
    """Rename a complete file, flushed first; source and target lie in one file system."""
    with source.open("rb+") as file:
        os.fsync(file.fileno())
    source.replace(target)
    sync_folder(target.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the kernel frees it when its holder dies."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
