"""How far a candidate agrees with the file that serves, on the same frames. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.records import Pose

VISITS = 10  # shadowed visits before the candidate may be tried


@dataclass
class Agreement:
    """Sums over frames; the distances are parts of the person's height in the picture."""

    frames: int = 0
    both: int = 0
    only_serving: int = 0
    only_candidate: int = 0
    _distances: list[float] = field(default_factory=list)

    def add(self, serving: Sequence[Pose], candidate: Sequence[Pose]) -> None:
        """Compare the poses of one frame, each list with its best pose first."""
        self.frames += 1
        self.both += bool(serving and candidate)
        self.only_serving += bool(serving and not candidate)
        self.only_candidate += bool(candidate and not serving)
        if serving and candidate:
            self._distances.extend(_distances(serving[0], candidate[0]))

    def summary(self) -> dict[str, float | int]:
        """The numbers for the event; without distances where no keypoint was seen by both."""
        counts: dict[str, float | int] = {
            "frames": self.frames,
            "both": self.both,
            "only_serving": self.only_serving,
            "only_candidate": self.only_candidate,
        }
        if self._distances:
            p50, p95 = np.percentile(self._distances, (50, 95))
            counts |= {"distance_p50": round(float(p50), 4), "distance_p95": round(float(p95), 4)}
        return counts


def _distances(serving: Pose, candidate: Pose) -> list[float]:
    """Distances between keypoints that both place; none where the person has no height."""
    heights = serving.keypoints[serving.keypoints[:, 2] > 0, 1]
    height_px = float(np.ptp(heights)) if len(heights) else 0.0
    found = []
    for name, row in serving.skeleton.index.items():
        other = candidate.skeleton.index.get(name)
        if other is None or height_px == 0.0:
            continue
        a, b = serving.keypoints[row], candidate.keypoints[other]
        if a[2] > 0 and b[2] > 0:
            found.append(float(np.hypot(a[0] - b[0], a[1] - b[1])) / height_px)
    return found
