"""Points set by hand, from the file that `assess --json` wrote and a person edited.

Of each person in a photograph the file holds

    keypoints, keypoint_names    what was found: x px, y px, score; it stays as it is
    points                       the same places by name: these a person changes, adds to (any
                                 landmark that the product knows), or sets to null where a point
                                 is not to be seen after all
    points_by, points_on         who changed them, as a code, and when

What differs between the two was set by hand.
"""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from edge.errors import NOT_JSON, SettingsInvalid
from edge.markers.protocol import PROTOCOLS
from edge.markers.stickers import ALONG_BACK
from edge.records import HandSet, Pose
from edge.skeletons import BODY_25, BODY_55, SPINE_5

KNOWN = frozenset(
    (
        *BODY_55.keypoints, *BODY_25.keypoints, *SPINE_5.keypoints, *ALONG_BACK,
        *(name for protocol in PROTOCOLS.values() for name in protocol.keypoints),
    )
)  # fmt: skip
_MOST_BYTES = 64 << 20
_SAME_PX = 0.005  # the file's own rounding
_SAME_PERSON_PX = 2.0  # the same network on the same picture, on another machine
_EDIT = "Write it anew with `posture-station assess PHOTO --json`, then change `points`."

Place = tuple[float, float]


class _Person(msgspec.Struct):
    person: Annotated[int, msgspec.Meta(ge=1)]
    keypoints: list[tuple[float | None, float | None, float | None]]
    keypoint_names: list[str] = []
    points: dict[str, Place | None] = {}
    points_by: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,64}$(?!\n)")] = ""
    points_on: Annotated[str, msgspec.Meta(max_length=40)] = ""


class _Entry(msgspec.Struct):
    path: str
    path_bytes: str = ""  # base64, where the name is no text
    people: list[_Person] = []


@dataclass(frozen=True)
class Corrected:
    """One person of the file. found_px : keypoint -> where it was found."""

    number: int
    found_px: dict[str, Place]
    hand: HandSet


@dataclass(frozen=True)
class PointsFile:
    """path : of the file. people : photograph, as the file names it -> those corrected in it.
    photographs : these, as the disk names them."""

    path: Path
    people: dict[str, tuple[Corrected, ...]]
    photographs: tuple[Path, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every keypoint that was set by hand on anybody."""
        everybody = (one for people in self.people.values() for one in people)
        return tuple(dict.fromkeys(name for one in everybody for name in one.hand.points_px))

    def within(self, photograph: str) -> tuple[Corrected, ...]:
        """The people corrected in a photograph, found by its path, or by its name where only one
        file has it."""
        if photograph in self.people:
            return self.people[photograph]
        name = Path(photograph).name
        alike = [people for path, people in self.people.items() if Path(path).name == name]
        return alike[0] if len(alike) == 1 else ()

    def of(
        self, photograph: str, poses: Sequence[Pose], size_px: tuple[int, int]
    ) -> list[HandSet | None]:
        """What was set by hand on each of the poses found in a photograph.

        Raises
        ------
        SettingsInvalid : somebody of the file is not there, or a point lies outside the picture.
        """
        sets: list[HandSet | None] = [None] * len(poses)
        for one in self.within(photograph):
            away = [_apart_px(one.found_px, pose) for pose in poses]
            nearest = int(np.argmin(away)) if away else -1
            if not away or away[nearest] > _SAME_PERSON_PX or sets[nearest] is not None:
                raise SettingsInvalid(
                    f"{self.path}: person {one.number} is not found in {photograph} where the "
                    "file has them; another model or another picture wrote it.", _EDIT,
                )  # fmt: skip
            _check_inside(one, photograph, size_px)
            sets[nearest] = one.hand
        return sets


def read_points(path: Path) -> PointsFile:
    """The file.

    Raises
    ------
    SettingsInvalid : it cannot be read or understood, names an unknown landmark, does not say who
        set a point, or changes nothing.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SettingsInvalid(f"{path} is too large for a file of points.", _EDIT)
        text = path.read_bytes()
        edited_on = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="minutes")
    except OSError as error:
        raise SettingsInvalid(f"{path} cannot be read: {error.strerror}.", "Check it.") from error
    try:
        if text.lstrip().startswith(b"{"):
            entries = [msgspec.json.decode(text, type=_Entry)]
        else:
            entries = msgspec.json.decode(text, type=list[_Entry])
    except NOT_JSON as error:
        raise SettingsInvalid(f"{path} is no file of points: {error}.", _EDIT) from error
    people: dict[str, tuple[Corrected, ...]] = {}
    photographs: dict[str, Path] = {}
    for entry in entries:
        corrected = tuple(_corrected(path, entry, edited_on))
        if corrected:
            people[entry.path] = (*people.get(entry.path, ()), *corrected)
            photographs[entry.path] = _named(path, entry)
    if not people:
        raise SettingsInvalid(
            f"{path} changes no point: all of `points` are where they were found.",
            "Change, add or set to null some of them, and say in `points_by` who did.",
        )
    return PointsFile(path, people, tuple(photographs.values()))


def _named(path: Path, entry: _Entry) -> Path:
    if not entry.path_bytes:
        return Path(entry.path)
    try:
        return Path(os.fsdecode(base64.b64decode(entry.path_bytes, validate=True)))
    except ValueError as error:
        raise SettingsInvalid(
            f"{path}: path_bytes of {entry.path} is no base64.", "Leave it as it was."
        ) from error


def _corrected(path: Path, entry: _Entry, edited_on: str) -> Iterator[Corrected]:
    for person in entry.people:
        if len(person.keypoint_names) != len(person.keypoints):
            if person.points:
                raise SettingsInvalid(
                    f"{path}: person {person.person} of {entry.path} has {len(person.keypoints)} "
                    f"keypoints and {len(person.keypoint_names)} names.", _EDIT,
                )  # fmt: skip
            continue
        found = {
            name: (x, y)
            for name, (x, y, _) in zip(person.keypoint_names, person.keypoints, strict=True)
            if x is not None and y is not None
        }
        moved = {
            name: place for name, place in person.points.items() if _differs(place, found.get(name))
        }
        if not moved:
            continue
        if unknown := sorted(moved.keys() - KNOWN - set(person.keypoint_names)):
            raise SettingsInvalid(
                f"{path}: there is no landmark {', '.join(unknown)}.",
                f"Name one of {', '.join(sorted(KNOWN))}.",
            )
        if not person.points_by:
            raise SettingsInvalid(
                f"{path}: nobody says who set {', '.join(moved)} of person {person.person}.",
                'Write a code into `points_by`, such as "op-7".',
            )
        hand = HandSet(moved, person.points_by, person.points_on or edited_on)
        yield Corrected(person.person, found, hand)


def _differs(place: Place | None, found: Place | None) -> bool:
    if place is None or found is None:
        return place is not found
    return math.hypot(place[0] - found[0], place[1] - found[1]) > _SAME_PX


def _apart_px(found_px: dict[str, Place], pose: Pose) -> float:
    """Median distance between the keypoints of a pose and the places in the file."""
    away = [
        math.hypot(x - px, y - py)
        for name, (px, py) in found_px.items()
        if name in pose.skeleton.index
        for x, y, score in [pose.keypoints[pose.skeleton.index[name]].tolist()]
        if score > 0.0
    ]
    return float(np.median(away)) if away else math.inf


def _check_inside(one: Corrected, photograph: str, size_px: tuple[int, int]) -> None:
    width, height = size_px
    for name, place in one.hand.points_px.items():
        if place is not None and not (0 <= place[0] <= width - 1 and 0 <= place[1] <= height - 1):
            raise SettingsInvalid(
                f"{name} of person {one.number} at {place[0]:g}, {place[1]:g} px lies outside "
                f"{photograph}, which has {width} x {height} px.", "Mend that point.",
            )  # fmt: skip
