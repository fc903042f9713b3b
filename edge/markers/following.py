"""Targets from frame to frame: who stands still has them where they were a moment ago.

Looking for targets anew takes several times as long as the network; fitting them again where they
were does not. In a live picture they are looked for at most twice a second, and followed between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.markers.protocol import Placement
from edge.markers.targets import FoundTargets, find_targets, follow_targets
from edge.posture.landmarks import Box, box_px
from edge.records import Frame, Pose, View

_SEARCH_EVERY_NS = 500_000_000


@dataclass(frozen=True, eq=False)
class _Seen:
    view: View
    found: FoundTargets


class TargetFollower:
    """The targets of everybody in a stream of frames, or in photographs."""

    def __init__(self) -> None:
        self._before: list[_Seen] = []
        self._now: list[_Seen] = []
        self._searched_ns = -_SEARCH_EVERY_NS
        self._may_search = True

    def begin(self, frame: Frame) -> None:
        """Begin a frame; called once, before `find` is called for each person in it."""
        self._before, self._now = ([] if frame.still else self._now), []
        if frame.captured_ns < self._searched_ns:  # time went back: another video
            self._searched_ns = frame.captured_ns - _SEARCH_EVERY_NS
        self._may_search = frame.still or frame.captured_ns >= self._searched_ns + _SEARCH_EVERY_NS

    def find(
        self, frame: Frame, pose: Pose, view: View, targets: Mapping[str, Placement]
    ) -> FoundTargets:
        """One person's targets.

        pose : of the person in this frame. targets : landmark -> placement, of those stuck on.
        """
        found = self._followed(frame, pose, view, targets)
        if found is None or (self._may_search and len(found.fits) < len(targets)):
            if not self._may_search:
                return FoundTargets(why=("stickers_not_followed",))
            self._searched_ns = frame.captured_ns
            anew = find_targets(frame.image, pose, view, targets)
            if found is None or len(anew.fits) > len(found.fits):
                found = anew
        self._now.append(_Seen(view, found))
        return found

    def _followed(
        self, frame: Frame, pose: Pose, view: View, targets: Mapping[str, Placement]
    ) -> FoundTargets | None:
        box = box_px(pose)
        for seen in self._before:
            if box is not None and seen.view == view and _mostly_within(box, seen.found):
                return follow_targets(frame.image, seen.found, view, targets)
        return None


def _mostly_within(box: Box, found: FoundTargets) -> bool:
    left, top, right, bottom = box
    places = np.array([fit.centre_px for fit in found.fits.values()]).reshape(-1, 2)
    within = ((places > (left, top)) & (places < (right, bottom))).all(axis=1)
    return int(within.sum()) > 0.5 * len(places)
