"""Photographs: one file, several, or all of a folder in the order of their names."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from edge.errors import ImageUnreadable, SourceInvalid
from edge.records import Frame, Origin, Uint8

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def read_photo(path: Path) -> Uint8:
    """One photograph as uint8 (H, W, 3) BGR, turned upright by its EXIF orientation."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.", "Check it.") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise ImageUnreadable(
            f"{path} is not a picture that can be decoded.", "Open and save it again, or leave it."
        )
    return np.asarray(image, np.uint8)


class PhotoCamera:
    """Photographs as frames that stand alone."""

    dropped = 0
    origin: Origin = "file"

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._left: list[Path] = []
        self._next_id = 0
        self.frame_count = 0

    def open(self) -> None:
        if self._path.is_dir():
            inside = sorted(self._path.iterdir())
            self._left = [p for p in inside if p.suffix.lower() in PHOTO_SUFFIXES]
            if not self._left:
                raise SourceInvalid(
                    f"the folder {self._path} holds no photographs.",
                    f"Put files with one of {', '.join(sorted(PHOTO_SUFFIXES))} into it.",
                )
        elif self._path.is_file():
            self._left = [self._path]
        else:
            raise SourceInvalid(f"there is no file or folder {self._path}.", "Check the path.")
        self._next_id, self.frame_count = 0, len(self._left)

    def read(self) -> Frame | None:
        if not self._left:
            return None
        path = self._left.pop(0)
        frame_id, self._next_id = self._next_id, self._next_id + 1
        return Frame(read_photo(path), frame_id, time.monotonic_ns(), still=True, name=str(path))

    def pace(self, _most_fps: float) -> None:
        """Each photograph is read."""

    def close(self) -> None:
        self._left = []
