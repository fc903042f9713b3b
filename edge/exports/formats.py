"""The formats by their names, and what each needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.errors import SettingsInvalid
from edge.exports.base import Export, Place
from edge.exports.c3d import c3d, check_c3d
from edge.exports.coco import coco_export
from edge.exports.keypoint_csv import COLUMNS, csv_export
from edge.exports.mot import mot
from edge.exports.motion import motion_export
from edge.exports.openpose import openpose_export
from edge.exports.trc import trc
from edge.shown import quoted

_COCO_BEGINS = b'[{"image_id":'
_CSV_BEGINS = ",".join(COLUMNS).encode()


@dataclass(frozen=True, slots=True)
class Format:
    """suffix : of the files in the folder that it writes; empty where it writes one file.
    in_mm : whether it holds lengths."""

    suffix: str = ""
    in_mm: bool = False
    numbered_frames: bool = False


FORMATS: dict[str, Format] = {
    "openpose": Format("_keypoints.json", numbered_frames=True),
    "coco": Format(),
    "csv": Format(),
    "trc": Format(".trc", in_mm=True),
    "mot": Format(".mot"),
    "c3d": Format(".c3d", in_mm=True),
}
_FILES: dict[str, Callable[[Path], AbstractContextManager[Export]]] = {
    "coco": coco_export,
    "csv": csv_export,
}


def format_named(name: str, mm_per_px: float | None) -> Format:
    """A format that can be written.

    Raises
    ------
    SettingsInvalid : no such format, or one of lengths without a scale.
    PartMissing : it needs a package that is not installed.
    """
    if name not in FORMATS:
        raise SettingsInvalid(f"no export is called {quoted(name)}.", f"Name {', '.join(FORMATS)}.")
    if FORMATS[name].in_mm and mm_per_px is None:
        raise SettingsInvalid(
            f"{name} holds lengths, and nothing says how large a pixel is.",
            "Give --mm-per-px (`calibrate stance` measures it), or export mot or csv.",
        )
    if name == "c3d":
        check_c3d()
    return FORMATS[name]


def open_file(name: str, path: Path) -> AbstractContextManager[Export]:
    """A format of one file, ready to write."""
    return _FILES[name](path)


def open_folder(name: str, place: Place, mm_per_px: float | None) -> AbstractContextManager[Export]:
    """A format of a file for each picture or person. mm_per_px : known where it is needed."""
    if name == "openpose":
        return openpose_export(place)
    if name == "mot":
        return motion_export(place, mot)
    return motion_export(place, partial(trc if name == "trc" else c3d, mm_per_px=mm_per_px or 0.0))


def written_by_an_export(head: bytes) -> bool:
    """Whether a file without our mark is one of ours: formats of others have no room for it."""
    return head == b"[]" or head.startswith((_COCO_BEGINS, _CSV_BEGINS))
