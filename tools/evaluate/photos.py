"""Sets of labelled photographs: folders with `images/` and `annotations.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posture_tools.evaluate.coco import read_labels
from posture_tools.evaluate.labelled import Person

from edge.camera.photos import read_photo
from edge.errors import LabelsInvalid
from edge.records import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One labelled photograph; its pixels are read when asked for."""

    set_name: str
    path: Path
    size_px: tuple[int, int]
    people: tuple[Person, ...]

    def read(self) -> Frame:
        """The picture.

        Raises
        ------
        ImageUnreadable : missing or damaged.
        LabelsInvalid : not of the size that the labels were drawn on (turned, scaled, another).
        """
        frame = Frame(read_photo(self.path), 0, 0, still=True, name=str(self.path))
        if (frame.width_px, frame.height_px) != self.size_px:
            raise LabelsInvalid(
                f"{self.path} is {frame.width_px}x{frame.height_px} px, its labels are for "
                f"{self.size_px[0]}x{self.size_px[1]}.",
                "Fetch the photograph that was labelled.",
            )
        return frame


def set_names(folder: Path) -> list[str]:
    """The sets that a folder holds, by name."""
    return sorted(labels.parent.name for labels in folder.glob("*/annotations.json"))


def read_sets(folder: Path, names: Sequence[str], limit: int | None = None) -> list[Photo]:
    """Photographs of the named sets, in the order of their ids; at most `limit` of each set.

    Raises
    ------
    LabelsInvalid : a set that is not there or whose labels are damaged.
    """
    photos: list[Photo] = []
    for name in names:
        labels = folder / name / "annotations.json"
        if not labels.is_file():
            raise LabelsInvalid(
                f"{folder} holds no set named {name!r}.",
                f"It holds: {', '.join(set_names(folder)) or 'none; name another folder'}.",
            )
        images = read_labels(labels)[:limit]
        photos += [
            Photo(name, labels.parent / "images" / i.file_name, i.size_px, i.people) for i in images
        ]
    return photos
