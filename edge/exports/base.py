"""What every export is: it takes one picture after the other, and is whole when its block ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.errors import OutputFailed
from edge.records import Measure, Pose

# File for a picture's source, a person and a frame: (source, person, frame number or None) -> path.
Place = Callable[[str, int, int | None], Path]
# Told of a person, by the path of the picture's source, who cannot be written; the others are.
Refuse = Callable[[OutputFailed, str], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """A person as an export takes it: the pose, what was measured on it, and how large a pixel is
    where this person stands, if that is known."""

    pose: Pose
    measures: Sequence[Measure] = ()
    mm_per_px: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Of which file a picture is, and when.

    still : a photograph, not one of a video. size_px : width, height.
    """

    source: str
    number: int
    time_s: float
    still: bool
    size_px: tuple[int, int]


class Export(Protocol):
    """Takes the people of one picture after the other.

    Each format is a context manager that gives one; its file is whole when the block has ended
    well. Ctrl-C leaves what came so far, marked incomplete; any other fault leaves nothing.
    """

    def add(self, moment: Moment, people: Mapping[int, Exported]) -> None:
        """people : number of a person, the same in all frames of a video -> pose and measures."""
