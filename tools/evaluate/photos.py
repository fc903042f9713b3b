"""Photographs: labelled sets (folders with `images/` and `annotations.json`), and others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from posture_tools.evaluate.coco import read_labels
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.looked_at import as_seen

from edge.camera.disk import is_folder
from edge.camera.folder import look_into
from edge.camera.photos import read_photo
from edge.errors import LabelsInvalid, SourceInvalid
from edge.records import Frame
from edge.shown import quoted

ANNOTATIONS = "annotations.json"


class Picture(Protocol):
    """A picture and the people known to be in it."""

    @property
    def set_name(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def people(self) -> Sequence[Person]: ...

    @property
    def labelled(self) -> bool:
        """Whether it is known who is in it, be it nobody."""

    def read(self) -> Frame:
        """Its pixels.

        Raises
        ------
        ImageUnreadable : missing or damaged.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One photograph; its pixels are read when asked for.

    set_name : of its set, or of its folder where nobody labelled it.
    size_px : width and height that the labels were drawn on; None without labels.
    """

    set_name: str
    path: Path
    size_px: tuple[int, int] | None
    people: tuple[Person, ...]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def labelled(self) -> bool:
        return self.size_px is not None

    def read(self) -> Frame:
        """The picture.

        Raises
        ------
        ImageUnreadable : missing or damaged.
        LabelsInvalid : not of the size that the labels were drawn on (turned, scaled, another).
        """
        frame = Frame(read_photo(self.path), 0, 0, still=True, name=str(self.path))
        if self.size_px is not None and (frame.width_px, frame.height_px) != self.size_px:
            raise LabelsInvalid(
                f"{self.path} is {frame.width_px}x{frame.height_px} px, its labels are for "
                f"{self.size_px[0]}x{self.size_px[1]}.",
                "Fetch the photograph that was labelled.",
            )
        return frame


def set_names(folder: Path) -> list[str]:
    """The sets that a folder holds, by name."""
    return sorted(labels.parent.name for labels in folder.glob(f"*/{ANNOTATIONS}"))


def read_sets(folder: Path, names: Sequence[str], limit: int | None = None) -> list[Photo]:
    """Photographs of the named sets, in the order of their ids; at most `limit` of each set.

    Views are those that a person saw, where one looked (`looked_at`), else the labels' own.

    Raises
    ------
    LabelsInvalid : a set that is not there or whose labels are damaged.
    """
    photos: list[Photo] = []
    for name in names:
        labels = folder / name / ANNOTATIONS
        if not labels.is_file():
            raise LabelsInvalid(
                f"{folder} holds no set named {quoted(name)}.",
                f"It holds: {', '.join(set_names(folder)) or 'none; name another folder'}.",
            )
        for image in read_labels(labels)[:limit]:
            people = as_seen(name, image.file_name, image.people)
            path = labels.parent / "images" / image.file_name
            photos.append(Photo(name, path, image.size_px, people))
    return photos


def read_photos(paths: Sequence[Path], limit: int | None = None) -> list[Photo]:
    """Photographs of sets, of folders of sets, of plain folders, and single ones.

    limit : of each set or folder.

    Raises
    ------
    LabelsInvalid : damaged labels.
    SourceInvalid : nothing there, or no photographs in it.
    """
    photos: list[Photo] = []
    for path in paths:
        if (path / ANNOTATIONS).is_file():
            at = path.resolve()
            photos += read_sets(at.parent, [at.name], limit)
        elif path.is_dir() and (names := set_names(path)):
            photos += read_sets(path, names, limit)
        else:
            photos += _unlabelled(path)[:limit]
    return photos


def _unlabelled(path: Path) -> list[Photo]:
    folder = is_folder(path)
    files = look_into(path, recursive=False).photos if folder else (path,) * path.is_file()
    if not files:
        raise SourceInvalid(
            f"{path} is no photograph, no folder of any, and no labelled set.",
            f"Name a set (images/, {ANNOTATIONS}), a folder of sets, or photographs.",
        )
    return [Photo(file.resolve().parent.name, file, None, ()) for file in files]
