"""From frames to assessments: a person steps up, settles, is measured, turns to the next side.

    waiting --- gate passed ---> settling --- still for 2 s ---> holding --- 5 s ---> done
       ^                            |  ^                            |                  |
       +------- gate failed --------+  +---- moved, or too few -----+                  |
       +---------------- left, or turned to another side ------------------------------+

Time is the frames' own (`captured_ns`): a replay is judged as the live picture was. A photograph
that stands alone is judged at once.
"""

from __future__ import annotations

import enum
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from edge.posture.assess import assess, refuse
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.sway import sway
from edge.posture.views import Facing, view_of
from edge.records import Assessment, Frame, Kind, Measure, ModelIdentity, Pose, Quality, View
from edge.screening.hold import is_still, median_pose
from edge.screening.prompts import PROMPTS, Prompt
from edge.screening.quality import failures
from edge.screening.subject import Subject, SubjectLock, choose
from edge.settings import ScreeningSettings
from edge.skeletons import COCO_17

_LEFT_AFTER_NS = 1_000_000_000  # nobody seen for so long: the person is gone
_ATTEMPT_S = 20.0  # an attempt that takes longer ends as not measured; longer holds have longer
_VALID_PART = 0.6  # of a hold's frames
_LEAST_FRAMES = 20


class _State(enum.Enum):
    WAITING = enum.auto()
    SETTLING = enum.auto()
    HOLDING = enum.auto()
    DONE = enum.auto()


@dataclass
class _Attempt:
    """The measuring of one side of one person."""

    view: View
    started_ns: int
    since_ns: int
    poses: list[Pose] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    frames_seen: int = 0

    def restart(self, now_ns: int) -> None:
        self.since_ns, self.frames_seen = now_ns, 0
        self.poses.clear()
        self.times_ns.clear()

    def add(self, pose: Pose, now_ns: int) -> None:
        self.poses.append(pose)
        self.times_ns.append(now_ns)

    def still(self, stature_px: float) -> bool:
        return is_still(np.array(self.times_ns) / 1e9, self.poses, self.view, stature_px)

    def forget_before(self, oldest_ns: int) -> None:
        keep = sum(time_ns < oldest_ns for time_ns in self.times_ns)
        del self.poses[:keep], self.times_ns[:keep]


class Screening:
    """One station's protocol.

    source, models : carried into every assessment.
    new_session : gives the opaque code that the assessments of one visit share.
    """

    def __init__(
        self,
        settings: ScreeningSettings,
        source: str,
        models: tuple[ModelIdentity, ...],
        *,
        calibration: Calibration = LEVEL,
        new_session: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._settings = settings
        self._source = source
        self._models = models
        self._calibration = calibration
        self._new_session = new_session
        self._session = ""
        self._prompt = PROMPTS["no_person"]
        self._state = _State.WAITING
        self._attempt: _Attempt | None = None
        self._done_view: View = "unknown"
        self._lock = SubjectLock()
        self._seen_ns: int | None = None

    @property
    def prompt(self) -> Prompt:
        """What the person in front of the camera should do now."""
        return self._prompt

    def observe(self, frame: Frame, poses: list[Pose]) -> Assessment | None:
        """Take in one frame and the people found in it.

        Returns an assessment when a side has been measured, or could not be within the time-out
        (every measure is then refused, with the reason); for a photograph always.
        """
        if frame.still:
            return self._judge_photograph(frame, poses)
        subject = self._lock.follow(frame, poses)
        if subject is None:
            return self._nobody(frame.captured_ns)
        if self._gone(frame.captured_ns):
            self._start_visit()
        self._seen_ns = frame.captured_ns
        facing = view_of(subject.pose)
        if self._state is _State.DONE:
            if facing.view == "unknown":
                self._prompt = PROMPTS["view_unclear"]
                return None
            if facing.view == self._done_view:
                return None
            self._state, self._attempt = _State.WAITING, None
        return self._follow(frame, subject, facing)

    def _gone(self, now_ns: int) -> bool:
        return self._seen_ns is None or now_ns - self._seen_ns > _LEFT_AFTER_NS

    def _start_visit(self) -> None:
        self._session = self._new_session()
        self._state, self._attempt, self._done_view = _State.WAITING, None, "unknown"

    def _nobody(self, now_ns: int) -> Assessment | None:
        if self._gone(now_ns):
            self._state, self._attempt = _State.WAITING, None
            self._prompt = PROMPTS["no_person"]
        elif self._state is _State.HOLDING and self._attempt is not None:
            self._attempt.frames_seen += 1
        return None

    def _follow(self, frame: Frame, subject: Subject, facing: Facing) -> Assessment | None:
        now_ns = frame.captured_ns
        found = failures(frame, subject, facing, self._calibration, self._settings.least_stature_px)
        attempt = self._attempt
        if attempt is not None and now_ns - attempt.started_ns > self._attempt_ns:
            return self._give_up(frame, subject.pose, attempt, found)
        if attempt is not None and facing.view not in ("unknown", attempt.view):
            attempt = self._attempt = None
            self._state = _State.WAITING
        if found:
            self._prompt = PROMPTS[found[0]]
            if attempt is not None and self._state is _State.HOLDING:
                attempt.frames_seen += 1
                return self._finish_if_due(frame, attempt)
            if attempt is not None and now_ns - attempt.since_ns > self._settle_ns:
                self._attempt = None  # it was not one bad frame: the next try has its own time
                self._state = _State.WAITING
            return None
        if attempt is None:
            attempt = self._attempt = _Attempt(facing.view, now_ns, now_ns)
            self._lock.lock()
            self._state = _State.SETTLING
        stature_px = Landmarks.of(subject.pose, self._calibration).stature_px
        attempt.add(subject.pose, now_ns)
        if self._state is _State.SETTLING:
            self._settle(attempt, now_ns, stature_px or 0.0)
            return None
        attempt.frames_seen += 1
        self._prompt = PROMPTS["holding"]
        return self._finish_if_due(frame, attempt)

    @property
    def _settle_ns(self) -> int:
        return round(self._settings.settle_s * 1e9)

    @property
    def _attempt_ns(self) -> float:
        return max(_ATTEMPT_S, 2.0 * (self._settings.settle_s + self._settings.hold_s)) * 1e9

    def _settle(self, attempt: _Attempt, now_ns: int, stature_px: float) -> None:
        if now_ns - attempt.since_ns < self._settle_ns:
            self._prompt = PROMPTS["settling"]
            return
        attempt.forget_before(now_ns - self._settle_ns)
        if not attempt.still(stature_px):
            self._prompt = PROMPTS["moving"]
            return
        attempt.restart(now_ns)
        self._state = _State.HOLDING
        self._prompt = PROMPTS["holding"]

    def _finish_if_due(self, frame: Frame, attempt: _Attempt) -> Assessment | None:
        now_ns = frame.captured_ns
        if now_ns - attempt.since_ns < self._settings.hold_s * 1e9:
            return None
        if len(attempt.poses) < _VALID_PART * attempt.frames_seen:
            attempt.restart(now_ns)
            self._state = _State.SETTLING
            return None
        if len(attempt.poses) < _LEAST_FRAMES:  # a slow device holds for longer
            return None
        median = median_pose(attempt.poses)
        stature_px = Landmarks.of(median.pose, self._calibration).stature_px
        if not attempt.still(stature_px or 0.0):
            attempt.restart(now_ns)
            self._state = _State.SETTLING
            self._prompt = PROMPTS["moving"]
            return None
        measures = assess(median.pose, attempt.view, self._calibration, median.n_eff)
        if _kind(median.pose) == "posture":
            times_s = np.array(attempt.times_ns) / 1e9
            measures += sway(times_s, attempt.poses, attempt.view, self._calibration)
        return self._done(frame, attempt, median.pose, measures, "done")

    def _give_up(
        self, frame: Frame, pose: Pose, attempt: _Attempt, found: tuple[str, ...]
    ) -> Assessment:
        why = found or ("moving",)
        if len(attempt.poses) < _LEAST_FRAMES and self._state is _State.HOLDING and not found:
            why = ("too_few_frames",)
        measures = refuse(pose.skeleton, attempt.view, why)
        attempt.poses.clear()
        return self._done(frame, attempt, pose, measures, "not_measured")

    def _done(
        self,
        frame: Frame,
        attempt: _Attempt,
        pose: Pose,
        measures: tuple[Measure, ...],
        prompt: str,
    ) -> Assessment:
        self._state, self._attempt, self._done_view = _State.DONE, None, attempt.view
        self._prompt = PROMPTS[prompt]
        return self._assessment(
            frame,
            self._session,
            attempt.view,
            measures,
            pose=pose,
            used=len(attempt.poses),
            seen=attempt.frames_seen,
        )

    def _judge_photograph(self, frame: Frame, poses: list[Pose]) -> Assessment:
        """The subject of a picture that stands alone; what the gate finds makes the quality low."""
        session = self._new_session()
        subject = choose(poses, frame.width_px)
        if subject is None:
            self._prompt = PROMPTS["no_person"]
            measures = refuse(COCO_17, "unknown", ("no_person",))
            return self._assessment(frame, session, "unknown", measures, pose=None, used=0, seen=1)
        facing = view_of(subject.pose)
        found = failures(frame, subject, facing, self._calibration, self._settings.least_stature_px)
        self._prompt = PROMPTS[found[0] if found else "done"]
        measures = tuple(
            measure
            if not found or measure.value is None
            else replace(measure, quality=Quality.LOW, why=(*measure.why, *_new(found, measure)))
            for measure in assess(subject.pose, None, self._calibration)
        )
        return self._assessment(
            frame, session, facing.view, measures, pose=subject.pose, used=1, seen=1
        )

    def _assessment(
        self,
        frame: Frame,
        session: str,
        view: View,
        measures: tuple[Measure, ...],
        *,
        pose: Pose | None,
        used: int,
        seen: int,
    ) -> Assessment:
        scores = np.zeros(0) if pose is None else pose.keypoints[:, 2]
        scores = scores[scores > 0.0]
        kind: Kind = "posture" if pose is None else _kind(pose)
        return Assessment(
            kind, session, view, frame.name or self._source, frame.captured_ns, measures, used,
            seen, float(scores.min(initial=1.0)) if len(scores) else 0.0, self._models,
        )  # fmt: skip


def _kind(pose: Pose) -> Kind:
    return "posture" if "left_shoulder" in pose.skeleton.index else "spine"


def _new(found: tuple[str, ...], measure: Measure) -> tuple[str, ...]:
    return tuple(code for code in found if code not in measure.why)
