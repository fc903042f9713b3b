"""Photographs as a source of frames: one file, or all of a folder."""

from __future__ import annotations

import time
from pathlib import Path

from edge.camera.disk import is_folder, open_file
from edge.camera.folder import look_into
from edge.camera.photos import read_photo
from edge.errors import SourceInvalid
from edge.records import Frame, Origin
from edge.shown import shown


class PhotoCamera:
    """Photographs as frames that stand alone.

    left_out : what else the folder holds, in words; empty for a file.
    """

    dropped = 0
    origin: Origin = "file"

    def __init__(self, path: Path) -> None:
        self.name = shown(path)
        self._path = path
        self._left: list[Path] = []
        self._next_id = 0
        self.frame_count = 0
        self.left_out = ""

    def open(self) -> None:
        """Raises SourceInvalid where nothing is there, or a folder without photographs."""
        if is_folder(self._path):
            folder = look_into(self._path, recursive=False)
            videos = f"{len(folder.videos)} video" if folder.videos else ""
            self.left_out = ", ".join(filter(None, (videos, folder.told())))
            self._left = list(folder.photos)
            if not self._left:
                besides = f", only {self.left_out}" if self.left_out else ""
                raise SourceInvalid(
                    f"the folder {self._path} holds no photographs{besides}.",
                    "Put JPEG, PNG, WebP, AVIF, HEIC, TIFF or other pictures into it.",
                )
        else:
            open_file(self._path).close()
            self._left = [self._path]
        self._next_id, self.frame_count = 0, len(self._left)

    def read(self) -> Frame | None:
        """The next one. Raises ImageUnreadable for one that is damaged; the next call goes on."""
        if not self._left:
            return None
        path = self._left.pop(0)
        frame_id, self._next_id = self._next_id, self._next_id + 1
        return Frame(read_photo(path), frame_id, time.monotonic_ns(), still=True, name=shown(path))

    def pace(self, _most_fps: float) -> None:
        """Changes nothing: every photograph is read."""

    def close(self) -> None:
        self._left = []
