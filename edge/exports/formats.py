"""The formats by their names, and what each needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.errors import OutputFailed, SettingsInvalid
from edge.exports.base import Export, Place, Refuse
from edge.exports.c3d import c3d, check_c3d
from edge.exports.coco import coco_export
from edge.exports.keypoint_csv import COLUMNS, csv_export
from edge.exports.mot import mot
from edge.exports.motion import Track, motion_export
from edge.exports.openpose import openpose_export
from edge.exports.trc import trc
from edge.shown import quoted

InMm = Callable[[Track, str, float], bytes]

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


def format_named(name: str, *, scaled: bool) -> Format:
    """A format that can be written.

    scaled : whether anything may say how large a pixel is.

    Raises
    ------
    SettingsInvalid : no such format, or one of lengths without a scale.
    PartMissing : it needs a package that is not installed.
    """
    if name not in FORMATS:
        raise SettingsInvalid(f"no export is called {quoted(name)}.", f"Name {', '.join(FORMATS)}.")
    if FORMATS[name].in_mm and not scaled:
        raise SettingsInvalid(
            f"{name} holds lengths, and nothing says how large a pixel is.",
            "Give --mm-per-px (`calibrate stance` measures it), --stature-mm or --markers; or "
            "export mot or csv.",
        )
    if name == "c3d":
        check_c3d()
    return FORMATS[name]


def open_file(name: str, path: Path) -> AbstractContextManager[Export]:
    """A format of one file, ready to write."""
    return _FILES[name](path)


def open_folder(
    name: str, place: Place, mm_per_px: float | None, refuse: Refuse
) -> AbstractContextManager[Export]:
    """A format of a file for each picture or person.

    mm_per_px : where everybody stands; None leaves each person with a scale of their own.
    refuse : told of people of whom no file can be written.
    """
    if name == "openpose":
        return openpose_export(place)
    if name == "mot":
        return motion_export(place, mot, refuse)
    write = trc if name == "trc" else c3d
    return motion_export(place, partial(_in_mm, write, mm_per_px), refuse)


def _in_mm(write: InMm, mm_per_px: float | None, track: Track, name: str) -> bytes:
    scale = track.mm_per_px if mm_per_px is None else mm_per_px
    if scale is None:
        raise OutputFailed(
            f"{name}: nothing says how large a pixel is where person {track.number} stands.",
            f"Give --stature-mm {track.number}=MM, or --mm-per-px for everybody.",
        )
    return write(track, name, scale)


def written_by_an_export(head: bytes) -> bool:
    """Whether a file without our mark is one of ours: formats of others have no room for it."""
    return head == b"[]" or head.startswith((_COCO_BEGINS, _CSV_BEGINS))
