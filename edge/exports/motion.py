"""A person over the frames of one file: what the formats of movement laboratories are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import OutputFailed
from edge.exports.base import Export, Exported, Moment, Place, Refuse
from edge.output import incomplete, write_output

Float64 = NDArray[np.float64]
_PHOTO_HZ = 1.0  # of a single picture, where a format must have a rate


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person in one file.

    number : of the person in that file.
    moments : every frame of the file from the person's first to the last, in order.
    people : at the same places, None where the person was not seen.
    """

    number: int
    moments: list[Moment] = field(default_factory=list)
    people: list[Exported | None] = field(default_factory=list)

    @property
    def times_s(self) -> Float64:
        return np.array([moment.time_s for moment in self.moments])

    @property
    def rate_hz(self) -> float:
        """Frames a second, of most of them."""
        gaps_s = np.diff(self.times_s)
        return _PHOTO_HZ if not len(gaps_s) else float(1.0 / np.median(gaps_s))

    @property
    def mm_per_px(self) -> float | None:
        """The person's own scale: one for all frames, the middle of what they say; None where no
        frame has one."""
        said = [each.mm_per_px for each in self.people if each is not None and each.mm_per_px]
        return float(np.median(said)) if said else None

    @property
    def keypoints(self) -> tuple[str, ...]:
        seen = next(person for person in self.people if person is not None)
        return seen.pose.skeleton.keypoints

    def points_mm(self, mm_per_px: float) -> Float64:
        """(frames, keypoints, 3): x to the picture's right, y up from its lower edge, z 0; NaN
        where a keypoint is missing."""
        points = np.full((len(self.moments), len(self.keypoints), 3), np.nan)
        for row, (moment, person) in enumerate(zip(self.moments, self.people, strict=True)):
            if person is None:
                continue
            xy = person.pose.keypoints[:, :2].astype(np.float64)
            points[row, :, 0] = xy[:, 0] * mm_per_px
            points[row, :, 1] = (moment.size_px[1] - 1 - xy[:, 1]) * mm_per_px
            points[row, :, 2] = np.where(np.isfinite(xy[:, 0]), 0.0, np.nan)
        return points


# The bytes of one person's file; name : of the file it will be.
Written = Callable[[Track, str], bytes]


@contextmanager
def motion_export(place: Place, written: Written, refuse: Refuse) -> Iterator[Export]:
    """A file for each person in each video or photograph: NAME, then NAME-2 for the second.

    written : raises OutputFailed for a person whom the format cannot hold.
    """
    tracks = _Tracks()
    try:
        yield tracks
    except KeyboardInterrupt:
        for path, data in tracks.written(place, written, refuse):
            write_output(incomplete(path), data)
        raise
    for path, data in tracks.written(place, written, refuse):
        write_output(path, data)


class _Tracks:
    def __init__(self) -> None:
        self._tracks: dict[str, dict[int, Track]] = {}

    def add(self, moment: Moment, people: Mapping[int, Exported]) -> None:
        of_source = self._tracks.setdefault(moment.source, {})
        for number in people:
            of_source.setdefault(number, Track(number))
        for number, track in of_source.items():
            track.moments.append(moment)
            track.people.append(people.get(number))

    def written(
        self, place: Place, written: Written, refuse: Refuse
    ) -> Iterator[tuple[Path, bytes]]:
        for source, of_source in self._tracks.items():
            for number, track in of_source.items():
                path = place(source, number, None)
                try:
                    data = written(_trimmed(track), path.name)
                except OutputFailed as error:
                    refuse(error, source)
                else:
                    yield path, data


def _trimmed(track: Track) -> Track:
    """The track without the frames after the person was last seen."""
    end = max(row for row, person in enumerate(track.people) if person is not None) + 1
    return Track(track.number, track.moments[:end], track.people[:end])
