"""An estimator whose model files change while it works, and only between subjects.

A subject is never measured by two files: a change waits until nobody was seen for a while, and
where a candidate fails before a person, nobody is reported for so long that the screening starts
anew with the file that serves. A still picture stands alone: what the candidate misses in it, the
file that served before answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from edge.errors import ModelRefused
from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.inference.network import ORT_ERRORS
from edge.records import Assessment, Frame, ModelIdentity, Pose
from edge.screening.screening import AWAY_NS
from edge.update.probation import GOOD_FRAMES, Judgement, Probation
from edge.update.serving import ModelStore, Serving
from edge.update.shadow import VISITS, Agreement

BETWEEN_NS = AWAY_NS + 1_000_000_000  # by then the screening has seen that a person has left
_LOOK_EVERY_S = 5.0
_DOES_NOT_RUN = (ModelRefused, *ORT_ERRORS)
_WITNESS_EVERY = 5  # frames in which the candidate finds somebody; misses are always checked

Build = Callable[[Mapping[str, Serving]], Estimator]


class LiveEstimator:
    """The estimator that serves, and beside a candidate the witness of its trial.

    shadow_every : a new candidate first looks on at every so many visits, unheard; 0: never.
    build : makes an estimator of the files of all slots; ModelRefused rolls back.
    deliver : called every few seconds and at the end, to send on what was reported.
    """

    def __init__(
        self,
        store: ModelStore,
        build: Build,
        *,
        shadow_every: int = 0,
        deliver: Callable[[], None] = lambda: None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._build = build
        self._shadow_every = shadow_every
        self._deliver = deliver
        self._clock_s = clock_s
        self._looked_s = clock_s()
        self._frames = 0
        self._visits = 0
        self._seen_ns: int | None = None
        self._mute_until_ns: int | None = None
        self._load()

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """The models that gave the last answer."""
        return self._answering.models

    @property
    def timings(self) -> Mapping[str, float]:
        return self._estimator.timings

    def estimate(self, frame: Frame) -> list[Pose]:
        """Poses of the file that serves; changes files first where nobody would notice."""
        between = self._is_between_subjects(frame)
        self._look_around(may_change=between)
        if self._mute_until_ns is not None and not frame.still:
            if frame.captured_ns < self._mute_until_ns:
                return []
            self._mute_until_ns = None
        self._frames += 1
        self._answering = self._estimator
        if self._probation is None:
            poses = self._answer(frame)
        else:
            poses = self._try(frame, self._probation)
        if poses:
            self._visits += between
            self._seen_ns = frame.captured_ns
        if self._shadow is not None:
            self._look_on(frame, poses, *self._shadow)
        return poses

    def measure(
        self,
        seen: Sequence[Seen],
        about: Pose,
        *,
        budget_s: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Pose:
        """Measure with the files that gave the last answer: a subject is never measured by two."""
        answering = self._answering
        if not isinstance(answering, Measurer):
            return about
        on_trial = self._probation is not None and answering is self._estimator
        try:
            if on_trial:
                self._store.begin_try()
            measured = answering.measure(seen, about, budget_s=budget_s, progress=progress)
        except _DOES_NOT_RUN as error:
            if not on_trial:
                raise
            self._roll_back(seen[0].frame, "does_not_run", str(error))
            return about
        if on_trial:
            self._store.end_try()
        return measured

    def saw_result(self, assessment: Assessment) -> None:
        """A screening ended; it counts for a candidate if something could be measured."""
        if self._probation is not None:
            usable = any(measure.value is not None for measure in assessment.measures)
            self._probation.saw_screening(usable)

    def leave(self) -> None:
        """The process ends in good order."""
        self._store.end_try()
        self._deliver()

    def _load(self) -> None:
        self._estimator = self._store.load(self._build)
        self._witness: Estimator | None = None
        self._probation: Probation | None = None
        self._shadow: tuple[Estimator, Agreement] | None = None
        self._answering = self._estimator
        self._candidate_frames = 0
        self._has_answered = self._store.on_trial  # then the tries are the candidate's
        if not self._store.on_trial:
            return
        candidate, incumbent = self._estimator, self._build(self._store.incumbent())
        if self._shadow_every and not self._store.shadowed:
            self._estimator = self._answering = incumbent
            self._shadow = candidate, Agreement()
            self._visits = 0
        else:
            self._witness, self._probation = incumbent, Probation(self._clock_s())

    def _is_between_subjects(self, frame: Frame) -> bool:
        if self._seen_ns is None or frame.still:
            return True
        return frame.captured_ns - self._seen_ns > BETWEEN_NS

    def _look_around(self, *, may_change: bool) -> None:
        now_s = self._clock_s()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._deliver()
            if may_change and self._store.changed():
                self._load()

    def _answer(self, frame: Frame) -> list[Pose]:
        """What the confirmed files find. If their first picture kills the process, that counts."""
        if self._has_answered:
            return self._estimator.estimate(frame)
        self._store.begin_try()
        poses = self._estimator.estimate(frame)
        self._store.answered()
        self._has_answered = True
        return poses

    def _try(self, frame: Frame, probation: Probation) -> list[Pose]:
        """The candidate's answer, as long as it is on trial."""
        try:
            poses = self._risk(self._estimator, frame)
        except _DOES_NOT_RUN as error:
            return self._roll_back(frame, "does_not_run", str(error))
        witness, seen = self._witness, None
        if witness is not None and (not poses or self._frames % _WITNESS_EVERY == 0):
            seen = witness.estimate(frame)
        probation.saw_frame(bool(poses), None if seen is None else bool(seen))
        match probation.judge(self._clock_s()):
            case Judgement.CONFIRM:
                self._store.confirm()
                self._witness = self._probation = None
            case Judgement.FAIL:
                return self._roll_back(frame, "finds_nobody", f"{probation.misses} frames in a row")
            case Judgement.OPEN if frame.still and seen and not poses and witness is not None:
                self._answering = witness
                return seen
            case Judgement.OPEN:
                pass
        return poses

    def _risk(self, candidate: Estimator, frame: Frame) -> list[Pose]:
        """What the candidate finds. If its first frames kill the process, that counts as a try."""
        if self._candidate_frames == 0:
            self._store.begin_try()
        poses = candidate.estimate(frame)
        self._candidate_frames += 1
        if self._candidate_frames == GOOD_FRAMES:
            self._store.end_try()
        return poses

    def _look_on(
        self, frame: Frame, poses: list[Pose], candidate: Estimator, agreement: Agreement
    ) -> None:
        """Let the candidate see the frame too, on some visits; its answer goes nowhere."""
        if self._visits > self._shadow_every * VISITS:
            self._store.end_shadow(agreement.summary())
            self._shadow = None
        elif self._visits % self._shadow_every == 0 and self._frames % _WITNESS_EVERY == 0:
            try:
                agreement.add(poses, self._risk(candidate, frame))
            except _DOES_NOT_RUN as error:
                self._store.fail("does_not_run", str(error))
                self._shadow = None

    def _roll_back(self, frame: Frame, reason: str, detail: str) -> list[Pose]:
        self._store.fail(reason, detail)
        self._load()
        if frame.still:
            return self._estimator.estimate(frame)
        self._mute_until_ns = frame.captured_ns + BETWEEN_NS
        return []
