"""A disk that loses what was not flushed, at the instant of a power cut.

What a process flushes is recorded as it happens: the content of a file at its fsync, the names in
a folder at the folder's fsync. A cut then gives, for each name and each file on its own, the
flushed state, the newest state, or a torn one: that is what ext4 and SD cards may leave behind.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
from pathlib import Path

_PAGE = 4096


class VolatileDisk:
    """folder : what the disk holds. record : beside it, in the same file system."""

    def __init__(self, folder: Path, record: Path) -> None:
        self.folder = folder
        self._contents = record / "contents"
        self._names = record / "names"
        self._kept = record / "kept"

    def settle(self) -> None:
        """All that is there now is flushed."""
        for part in (self._contents, self._names, self._kept):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        self.folder.mkdir(exist_ok=True)
        for folder, _, files in os.walk(self.folder):
            for name in files:
                self._flush_file(Path(folder) / name)
            self._flush_folder(Path(folder))

    def watch(self) -> None:
        """Record every fsync and sync of this process from now on."""
        fsync = os.fsync

        def recorded(handle: int) -> None:
            fsync(handle)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            if path.is_relative_to(self.folder):
                if stat.S_ISDIR(os.fstat(handle).st_mode):
                    self._flush_folder(path)
                else:
                    self._flush_file(path)

        def recorded_all() -> None:
            for folder, _, files in os.walk(self.folder):
                for name in files:
                    self._flush_file(Path(folder) / name)
                self._flush_folder(Path(folder))

        os.fsync = recorded
        os.sync = recorded_all

    def cut(self, draw: random.Random) -> None:
        """The power fails: the folder becomes what the disk happens to hold."""
        after = self.folder.with_name(self.folder.name + ".after")
        self._leave(self.folder, after, draw)
        shutil.rmtree(self.folder)
        after.rename(self.folder)

    def _flush_file(self, path: Path) -> None:
        if path.is_symlink():
            return
        ino = self._keep(path)
        (self._contents / ino).write_bytes(path.read_bytes())

    def _flush_folder(self, folder: Path) -> None:
        names = {}
        for path in folder.iterdir():
            if path.is_symlink():
                names[path.name] = {"link": str(path.readlink())}
            elif path.is_dir():
                names[path.name] = {"folder": True}
            else:
                names[path.name] = {"ino": self._keep(path)}
        (self._names / self._record_name(folder)).write_text(json.dumps(names))

    def _record_name(self, folder: Path) -> str:
        return str(folder.relative_to(self.folder)).replace("/", "%") + ".json"

    def _keep(self, path: Path) -> str:
        """A second link, so that the file's number is not given to another file."""
        ino = str(path.stat().st_ino)
        if not (self._kept / ino).exists():
            os.link(path, self._kept / ino)
        return ino

    def _leave(self, folder: Path, after: Path, draw: random.Random) -> None:
        after.mkdir()
        record = self._names / self._record_name(folder)
        flushed = json.loads(record.read_text()) if record.exists() else {}
        newest = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        for name in sorted(newest | set(flushed)):
            path = folder / name
            if name in newest and (name not in flushed or draw.random() < 0.5):
                if name not in flushed and draw.random() < 0.5:
                    continue  # a new name that never reached the disk
                self._leave_newest(path, after / name, draw)
            elif name in flushed:
                self._leave_flushed(path, flushed[name], after / name, draw)

    def _leave_newest(self, path: Path, after: Path, draw: random.Random) -> None:
        if path.is_symlink():
            after.symlink_to(path.readlink())
        elif path.is_dir():
            self._leave(path, after, draw)
        else:
            record = self._contents / str(path.stat().st_ino)
            flushed = record.read_bytes() if record.exists() else b""
            after.write_bytes(_torn(flushed, path.read_bytes(), draw))

    def _leave_flushed(self, path: Path, entry: dict, after: Path, draw: random.Random) -> None:
        if "link" in entry:
            after.symlink_to(entry["link"])
        elif "folder" in entry:
            self._leave(path, after, draw)
        else:
            record = self._contents / entry["ino"]
            flushed = record.read_bytes() if record.exists() else b""
            after.write_bytes(_torn(flushed, (self._kept / entry["ino"]).read_bytes(), draw))


def _torn(flushed: bytes, newest: bytes, draw: random.Random) -> bytes:
    """Flushed, newest, or newest in length with pages of either, or of zeros."""
    if flushed == newest:
        return newest
    match draw.randrange(3):
        case 0:
            return flushed
        case 1:
            return newest
    pages = bytearray(newest)
    for at in range(0, len(newest), _PAGE):
        if draw.random() < 0.5:
            size = len(pages[at : at + _PAGE])
            pages[at : at + size] = flushed[at : at + size].ljust(size, b"\0")
    return bytes(pages)
