"""What a folder holds that can be measured, and what it holds besides, by kind and count."""

from __future__ import annotations

import mimetypes
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.camera.clip import is_video
from edge.camera.disk import kind_on_disk, not_readable
from edge.camera.kinds import Kind
from edge.errors import ImageUnreadable, SourceInvalid

_TYPES = mimetypes.MimeTypes()  # Python's own list: the same on every machine


@dataclass(frozen=True, slots=True)
class Folder:
    """photos, videos : in the order of their names, a subfolder's after the files beside it.
    left_out : kind -> how many."""

    photos: tuple[Path, ...]
    videos: tuple[Path, ...]
    left_out: dict[str, int]

    def told(self) -> str:
        """What was left out, in words; empty where nothing was."""
        return ", ".join(f"{count} {kind}" for kind, count in self.left_out.items())


def look_into(folder: Path, *, recursive: bool) -> Folder:
    """Everything in a folder, told apart by content.

    A file that claims by its suffix to be a picture and is none counts as one: whoever put it there
    hears that it cannot be read.

    Raises
    ------
    ImageUnreadable : the folder may not be looked into.
    """
    photos: list[Path] = []
    videos: list[Path] = []
    left_out: Counter[str] = Counter()
    for path in _entries(folder, recursive, left_out):
        kind = _kind(path)
        if kind == "photo":
            photos.append(path)
        elif kind == "video":
            videos.append(path)
        else:
            left_out[kind] += 1
    return Folder(tuple(photos), tuple(videos), dict(sorted(left_out.items())))


def _entries(folder: Path, recursive: bool, left_out: Counter[str]) -> Iterator[Path]:
    try:
        inside = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise not_readable(folder, error) from error
    deeper = []
    for entry in inside:
        path = folder / entry.name
        if entry.name.startswith("."):
            left_out["hidden"] += 1
        elif not entry.is_dir():
            yield path
        elif recursive and not entry.is_symlink():  # a link may lead in a circle
            deeper.append(path)
        else:
            left_out["folder" if not recursive else "link to a folder"] += 1
    for path in deeper:
        try:
            yield from _entries(path, recursive, left_out)
        except ImageUnreadable:
            left_out["folder that may not be read"] += 1


def _kind(path: Path) -> str:
    """`photo`, `video`, or what else it is."""
    try:
        kind = kind_on_disk(path)
    except SourceInvalid:
        return "pipe, device or broken link"
    except ImageUnreadable:
        return "photo"  # reading it will say why not
    if kind.is_photo:
        return "photo"
    if kind.reader == "video" and is_video(path):
        return "video"
    claims = (_TYPES.guess_type(path.name)[0] or "").partition("/")[0]
    if kind.reader == "video" and claims in ("image", "video"):
        return "photo" if claims == "image" else "video"
    return _other(path, kind)


def _other(path: Path, kind: Kind) -> str:
    if not kind.reader:
        return kind.name
    return path.suffix.lower() or "file without a suffix"
