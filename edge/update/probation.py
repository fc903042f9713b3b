"""When a model on trial has proved itself by working, and when it has failed. Pure.

The file that served before sees some of the same frames as a witness. Where the witness finds a
person and the candidate does not, the candidate misses; where both find nobody, nothing is learned
about the candidate: an empty room confirms no model.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

GOOD_FRAMES = 20
QUIET_S = 15 * 60.0  # without a screening, this long without a fault
MISSES = 5


class Judgement(enum.StrEnum):
    OPEN = "open"
    CONFIRM = "confirm"
    FAIL = "fail"


@dataclass
class Probation:
    """Evidence about a candidate since it was loaded."""

    began_s: float
    frames_with_person: int = 0
    misses: int = 0
    good_screenings: int = 0

    def saw_frame(self, found: bool, witness_found: bool | None) -> None:
        """Count a frame of the trial. found : the candidate saw somebody. witness_found : the model
        that served before saw somebody; None where it was not asked."""
        if found:
            self.frames_with_person += 1
            self.misses = 0
        elif witness_found:
            self.misses += 1

    def saw_screening(self, usable: bool) -> None:
        """Count a screening; it is usable if at least one of its measures was not refused."""
        self.good_screenings += usable

    def judge(self, now_s: float) -> Judgement:
        """20 frames with a person, and a usable screening or 15 min, confirm; 5 misses fail."""
        if self.misses >= MISSES:
            return Judgement.FAIL
        worked = self.good_screenings > 0 or now_s - self.began_s >= QUIET_S
        if worked and self.frames_with_person >= GOOD_FRAMES:
            return Judgement.CONFIRM
        return Judgement.OPEN
