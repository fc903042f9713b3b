"""From a photograph and points moved by hand to measures: what `assess --points` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from posture_tools.uploads.pose_file import Found

from edge.errors import FileUnusable, SettingsInvalid
from edge.posture.calibration import LEVEL
from edge.posture.clothing import Dress
from edge.posture.hand_set import extended, over
from edge.records import Assessment, Correction, Frame, HandSet, ModelIdentity, Pose, Uint8, View
from edge.screening.record import Recorder
from edge.sightings.person import Person, Told, measured
from edge.sightings.points_file import KNOWN
from edge.wire.order import Inputs

Place = tuple[float, float]
Points = Mapping[str, Place | None]
_MOST_MOVED = 120


def told_of(inputs: Inputs, view: View | None) -> Told:
    """What an operator said of the person and the picture. view : None lets the picture tell."""
    dress = Dress(inputs.clothing_upper or "loose", inputs.clothing_lower or "loose")
    return Told(stature_mm=inputs.stature_mm, view=view, dress=dress)


def frame_of(picture: Path) -> Frame:
    """A kept picture. Raises FileUnusable : it is gone or damaged."""
    try:
        pixels = _pixels(picture, picture.stat().st_mtime_ns)
    except (OSError, cv2.error) as error:
        raise _gone() from error
    return Frame(pixels, 0, 0, still=True, name="photo")


@lru_cache(maxsize=4)
def _pixels(picture: Path, _written_ns: int) -> Uint8:
    image = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise _gone()
    return np.asarray(image, np.uint8)


def _gone() -> FileUnusable:
    return FileUnusable("the kept picture cannot be read.", "Upload it again.")


def checked(points: Points, size_px: tuple[int, int]) -> Points:
    """Points that may be measured. size_px : width and height of the picture.

    Raises
    ------
    SettingsInvalid : an unknown landmark, or a place outside the picture.
    """
    width_px, height_px = size_px
    if len(points) > _MOST_MOVED:
        raise SettingsInvalid(f"{len(points)} points are more than a person has.")
    if unknown := sorted(points.keys() - KNOWN):
        raise SettingsInvalid(f"There is no landmark {', '.join(unknown)[:200]}.")
    for name, place in points.items():
        inside = place is None or (
            0 <= place[0] <= width_px - 1 and 0 <= place[1] <= height_px - 1
        )  # NaN is nowhere inside
        if not inside:
            raise SettingsInvalid(f"{name} lies outside the picture.", "Move it back.")
    return points


def measure(pose: Pose, frame: Frame, told: Told, hand: HandSet | None) -> Person:
    """One person measured, with the points of `hand` in place of those found."""
    names = hand.points_px if hand is not None else ()
    return measured(1, over(pose, extended(pose.skeleton, names)), hand, frame, told)


def assessment(
    person: Person,
    session: str,
    models: tuple[ModelIdentity, ...],
    *,
    number: int,
    corrects: str = "",
) -> Assessment:
    """For the outbox. number : of the photograph. corrects : the result before, where points were
    set."""
    view: View = person.measures[0].view if person.measures else "unknown"
    recorder = Recorder("upload", models, "upload", LEVEL)
    made = recorder.record(
        session, view, person.measures, [person.pose],
        captured_ns=0, used=1, seen=1, source=f"photo {number}",
        scale_by="" if person.scale is None else person.scale.by,
    )  # fmt: skip
    if person.hand is None:
        return made
    found = {name: place_of(person.found, name) for name in person.hand.points_px}
    return replace(made, by_hand=Correction(person.hand, found, corrects))


def place_of(pose: Pose, name: str) -> Place | None:
    """Where a keypoint was seen; None where it was not."""
    row = pose.skeleton.index.get(name)
    if row is None or not np.isfinite(pose.keypoints[row]).all() or pose.keypoints[row, 2] <= 0:
        return None
    return float(pose.keypoints[row, 0]), float(pose.keypoints[row, 1])


def tallest(found: Found) -> Pose:
    """Whom a station would measure. Raises SettingsInvalid : nobody is there."""
    if not found.poses:
        raise SettingsInvalid(
            "Nobody is found in the picture.",
            "Take one of the whole person from 3 m, upright, in good light.",
        )
    return found.pose(found.tallest())
