"""Files: recorded pose sequences, and score sheets. JSON, checked when read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import numpy as np

from edge.errors import NOT_JSON, MovementUnusable
from edge.fms.sequence import PoseSequence
from edge.fms.sheet import Sheet
from edge.output import write_output
from edge.records import View
from edge.skeletons import SKELETONS

_Row = tuple[float | None, float | None, Annotated[float, msgspec.Meta(ge=0, le=1)]]
_Read = TypeVar("_Read", bound=msgspec.Struct)


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pose sequence as a file. keypoints : frame by frame, x px, y px (null: missing), score."""

    skeleton: str
    view: View
    times_s: tuple[float, ...]
    keypoints: tuple[tuple[_Row, ...], ...]


def read_sequence(path: Path) -> PoseSequence:
    """Read a pose sequence. Raises MovementUnusable with the place in the file for anything
    else."""
    recording = _read(path, Recording)
    skeleton = SKELETONS.get(recording.skeleton)
    counts = {len(frame) for frame in recording.keypoints}
    if skeleton is None or counts != {len(skeleton.keypoints)}:
        raise MovementUnusable(
            f"{path} is over {recording.skeleton} with {sorted(counts)} keypoints a frame.",
            f"Use one of {', '.join(SKELETONS)}.",
        )
    keypoints = np.array(recording.keypoints, np.float64)
    times_s = np.array(recording.times_s)
    if len(times_s) != len(keypoints) or len(times_s) < 5 or not (np.diff(times_s) > 0.0).all():
        raise MovementUnusable(
            f"{path} has {len(times_s)} times for {len(keypoints)} frames, or they do not rise.",
            "Record the movement again.",
        )
    return PoseSequence(skeleton, recording.view, times_s, keypoints)


def write_sequence(path: Path, sequence: PoseSequence) -> None:
    """Write a pose sequence that `read_sequence` reads, rounded to 0.01 px."""
    missing = np.isnan(sequence.keypoints)
    rows = np.where(missing, None, np.round(sequence.keypoints, 2)).tolist()  # type: ignore[call-overload]
    message = {
        "skeleton": sequence.skeleton.name,
        "view": sequence.view,
        "times_s": np.round(sequence.times_s, 4).tolist(),
        "keypoints": rows,
    }
    write_output(path, msgspec.json.encode(message))


def read_sheet(path: Path) -> Sheet:
    """Read a score sheet. Raises MovementUnusable for anything else."""
    return _read(path, Sheet)


def write_sheet(path: Path, sheet: Sheet) -> None:
    """Replace the file in one step: a power cut leaves the old sheet or the new one."""
    body = msgspec.json.format(msgspec.json.encode(sheet), indent=1)
    write_output(path, body)


def _read(path: Path, kind: type[_Read]) -> _Read:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise MovementUnusable(f"Cannot read {path}: {error.strerror}.", "Check path.") from error
    except NOT_JSON as error:
        what = kind.__name__.lower()
        raise MovementUnusable(f"{path} is no {what}: {error}.", "Name the right file.") from error
