"""The folder of archived months, beside the store. One process at a time changes it."""

from __future__ import annotations

import fcntl
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posture_tools.collector.archive.files import Place, Row, read_group
from posture_tools.collector.month import Month

from edge.errors import StoreFailed
from edge.files import make_folder, replacing, sync_folder

_GROUPS_HELD = 4
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}(\.[0-9]+)?\.parquet")
_Group = tuple[Path, int, int, Place]


class Archive:
    """Names are of files: `2026-05.parquet`, and `2026-05.2.parquet` of what came late.

    A file that is not whole yet has `.new` behind its name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._groups: OrderedDict[_Group, dict[Place, Row]] = OrderedDict()

    @classmethod
    def beside(cls, store: Path) -> Archive:
        return cls(store.with_name(store.name + ".archive"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Context in which nobody else changes the files. Raises StoreFailed where somebody else
        does."""
        make_folder(self.path)
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StoreFailed(
                    f"Another program is writing in {self.path}.", "Wait until it is done."
                ) from error
            yield

    def names(self) -> set[str]:
        """Names of the files that are whole."""
        if not self.path.is_dir():
            return set()
        return {each.name for each in self.path.iterdir() if _NAME.fullmatch(each.name)}

    def free_name(self, month: Month, taken: set[str]) -> str:
        """A free name for one more file of a month."""
        name, number = f"{month[0]:04}-{month[1]:02}.parquet", 1
        while name in taken or (self.path / name).exists():
            number += 1
            name = f"{month[0]:04}-{month[1]:02}.{number}.parquet"
        return name

    def new(self, name: str) -> Path:
        """Path at which a file is written until it is whole."""
        return self.path / f"{name}.new"

    def publish(self, name: str) -> None:
        """The new file is the file from now on."""
        self.new(name).replace(self.path / name)
        sync_folder(self.path)

    def withdraw(self, name: str) -> None:
        """The file is no more: what lies there is as one that is not whole."""
        (self.path / name).replace(self.new(name))
        sync_folder(self.path)

    def settle(self, known: set[str]) -> None:
        """Tidy up after a program was killed: finish files that were registered, remove those that
        were not whole."""
        for name in sorted(known):
            if not (self.path / name).exists() and self.new(name).exists():
                self.publish(name)
        for path in self.path.glob("*.new"):
            path.unlink()
        sync_folder(self.path)

    def take_over(self, other: Archive) -> None:
        """Copy the files of another archive; they stay there too."""
        for name in sorted(other.names()):
            make_folder(self.path)
            target, source = self.path / name, other.path / name
            with replacing(target, mode=0o600) as copy, source.open("rb") as file:
                shutil.copyfileobj(file, copy)

    def find(self, name: str, place: Place) -> Row | None:
        """One result of a file; the last groups that were read are held."""
        path = self.path / name
        there = path.stat()
        key = (path, there.st_ino, there.st_mtime_ns)
        with self._lock:
            for held, rows in self._groups.items():
                if held[:3] == key and place in rows:
                    self._groups.move_to_end(held)
                    return rows[place]
        rows = {row.place: row for row in read_group(path, place)}
        if not rows:
            return None
        with self._lock:
            self._groups[(*key, next(iter(rows)))] = rows
            while len(self._groups) > _GROUPS_HELD:
                self._groups.popitem(last=False)
        return rows.get(place)
