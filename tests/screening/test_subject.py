"""One subject among bystanders, and the same one from frame to frame."""

from __future__ import annotations

import pytest
from simulators.standing_person import Pinhole, pose_of, seen

from edge.posture.landmarks import box_px
from edge.screening.subject import choose

SUBJECT = seen("front")
BEHIND = seen("front", camera=Pinhole(distance_m=6.5), aside_m=0.3)
CLOSER_ASIDE = seen("front", camera=Pinhole(distance_m=2.2), aside_m=0.85)


def test_nobody():
    assert choose([], 1080) is None
    assert choose([pose_of({"nose": (1.0, 1.0)})], 1080) is None


@pytest.mark.parametrize("order", [1, -1])
def test_the_largest_in_the_stance_zone_is_measured(order):
    subject = choose([SUBJECT, BEHIND, CLOSER_ASIDE][::order], 1080)
    assert subject is not None
    assert subject.pose is SUBJECT
    assert not subject.disturbed


def test_the_subject_stays_the_subject_when_somebody_larger_comes():
    before = box_px(SUBJECT)
    larger = seen("front", camera=Pinhole(distance_m=2.5), aside_m=0.35)
    subject = choose([larger, SUBJECT], 1080, before)
    assert subject is not None
    assert subject.pose is SUBJECT
    assert subject.disturbed
