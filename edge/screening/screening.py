"""From frames to assessments: four views, each captured several times, of one person at a time.

    waiting --- steps up, or was asked for ---> positioning --- gate passed ---> settling
       ^                                         ^       ^                          | still for 2 s
       |                                         |       +---- moved, too few ------+
       |          next view: turn                |                                  v
       +--- left, or all done --- done <--- view closed <--- last capture ------ holding 5 s
                                                 ^                                  | step off
                                                 +------------------ stepping <-----+

Time is the frames' own (`captured_ns`): a replay is judged as the live picture was. A photograph
that stands alone is judged at once. A view gives one assessment: after its last capture, or with
the captures it has when the person goes on to another view, leaves, or the source ends.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from edge.errors import CommandRefused
from edge.estimation.estimator import Measurer, Seen
from edge.posture.assess import refuse
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.views import Facing, as_asked, view_of
from edge.records import Assessment, Frame, ModelIdentity, Origin, Pose, View
from edge.screening.admission import Admission
from edge.screening.calibration_guard import CalibrationGuard, NoGuard
from edge.screening.capture_attempt import LEAST_FRAMES, Capture, CaptureAttempt
from edge.screening.feedback import Feedback, Silent
from edge.screening.photograph import gate, judge_photograph
from edge.screening.prompts import PROMPTS, Prompt
from edge.screening.quality import sharpness
from edge.screening.record import Recorder
from edge.screening.subject import Subject, SubjectLock
from edge.screening.visit import VIEWS, Visit
from edge.settings import ScreeningSettings

log = logging.getLogger(__name__)

_LEFT_AFTER_NS = 1_000_000_000  # nobody seen for so long: the person is gone
AWAY_NS = 5_000_000_000  # who steps off between two captures may be out of the picture for longer
MEASURING_S = 2.0  # a person waits so long after a hold, at most where the machine can
_POSITION_NS = 60_000_000_000  # a view that nobody can be brought to stand in is given up


class Screening:
    """One station's protocol.

    source, models, origin : carried into every assessment.
    admission : who is screened; everybody who steps up without one.
    measurer : looks closely at who was held or photographed; without one the frames' median counts.
    progress : called while it does, with how many looks are done, and how many there are at most.
    guard : says when the calibration must not be trusted; every measure is then refused.
    new_session : gives the opaque code that the assessments of one visit share.
    """

    def __init__(
        self,
        settings: ScreeningSettings,
        source: str,
        models: tuple[ModelIdentity, ...],
        *,
        origin: Origin = "unknown",
        calibration: Calibration = LEVEL,
        admission: Admission | None = None,
        guard: CalibrationGuard | None = None,
        feedback: Feedback | None = None,
        measurer: Measurer | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
        new_session: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._settings = settings
        self._recorder = Recorder(source, models, origin, calibration)
        self._calibration = calibration
        self._admission = admission or Admission(settings.start)
        self._guard = guard or NoGuard()
        self._feedback = feedback or Silent()
        self._measurer = measurer
        self._progress = progress
        self._looked_away = False  # a hold was measured, and frames went by meanwhile
        self._new_session = new_session
        self._lock = SubjectLock()
        self._visit: Visit | None = None
        self._seen_ns = 0
        self._tell("no_person")

    @property
    def prompt(self) -> Prompt:
        """What the person in front of the camera should do now."""
        return self._prompt

    def observe(self, frame: Frame, poses: list[Pose]) -> Assessment | None:
        """Take in one frame and the people found in it.

        Returns an assessment when a view is done, or could not be measured in time (every measure
        is then refused, with the reason); for a photograph always.
        """
        if frame.still:
            return self._judge_photograph(frame, poses)
        if self._looked_away:
            self._resume(frame.captured_ns)
        self._guard.look(frame, empty=not poses)
        subject = self._lock.follow(frame, poses)
        if self._visit is None:
            self._admission.look(frame)
        elif self._left(frame.captured_ns):
            last = self._end_visit(frame.captured_ns)
            if last is not None:
                return last
        elif frame.captured_ns - self._seen_ns > _LEFT_AFTER_NS:
            self._visit.returned = True
        if subject is None:
            self._nobody(frame.captured_ns)
            return None
        self._seen_ns = frame.captured_ns
        visit = self._visit or self._start_visit(frame.captured_ns)
        return None if visit is None else self._follow(frame, subject, visit)

    def conclude(self) -> Assessment | None:
        """The source has ended: what was captured of the view that is not done."""
        return self._end_visit(self._seen_ns)

    @property
    def visit(self) -> Visit | None:
        """The visit that goes on."""
        return self._visit

    @property
    def awaited(self) -> str:
        """The code of an order that waits for somebody; empty without one."""
        return self._admission.awaited

    @property
    def repeats(self) -> int:
        """Captures of each view."""
        return self._settings.repeats

    def look_away(self) -> None:
        """Frames go by that are not shown to it: nobody counts as gone for that."""
        self._looked_away = True

    def repeat(self, session: str, view: View) -> None:
        """Capture a view once more. Raises CommandRefused as `visit_of`."""
        self.visit_of(session).reopen(view)
        self._tell(f"turn_{view}")

    def end(self, session: str) -> Assessment | None:
        """End the visit; what was captured of a view that is not done. Raises as `visit_of`."""
        visit = self.visit_of(session)
        view = visit.left_open()
        assessment = None if view is None else self._close(visit, view, self._seen_ns)
        visit.closed.update(VIEWS)
        visit.attempt = None
        self._tell("done")
        return assessment

    def cancel(self, code: str) -> None:
        """Take back an order that waits. Raises CommandRefused where none waits for this code."""
        if not self._admission.cancel(code):
            raise CommandRefused(f"nobody is waited for under {code}.", "Look who is screened now.")
        self._tell("no_person")

    def visit_of(self, session: str) -> Visit:
        """The visit that goes on, if it is this one.

        Raises
        ------
        CommandRefused : another goes on, or none: the operator speaks of somebody who has left.
        """
        if self._visit is None or self._visit.session != session:
            raise CommandRefused(
                f"the visit {session} is over.", "Start another screening for the same code."
            )
        return self._visit

    def _tell(self, code: str) -> None:
        self._prompt = PROMPTS[code]
        self._feedback.show(self._prompt)

    def _left(self, now_ns: int) -> bool:
        stepping = self._visit is not None and self._visit.stepping
        return now_ns - self._seen_ns > (AWAY_NS if stepping else _LEFT_AFTER_NS)

    def _resume(self, now_ns: int) -> None:
        """Nobody counts as gone during the time that measuring took."""
        self._looked_away = False
        self._lock.resume(now_ns)
        self._seen_ns = now_ns
        if self._visit is not None:
            self._visit.resume(now_ns)

    def _start_visit(self, now_ns: int) -> Visit | None:
        admitted = self._admission.admit()
        if admitted is None:
            self._tell(self._admission.prompt or "show_badge")
            return None
        inputs, asked = admitted
        self._visit = Visit(self._new_session(), inputs, asked, now_ns)
        log.info("screening: a visit begins")  # who it is stays out of the journal
        return self._visit

    def _end_visit(self, now_ns: int) -> Assessment | None:
        visit, self._visit = self._visit, None
        view = None if visit is None else visit.left_open()
        self._tell("no_person")
        if visit is not None:
            log.info("screening: the visit is over")
        if visit is None or view is None:
            return None
        return self._close(visit, view, now_ns)

    def _nobody(self, now_ns: int) -> None:
        visit = self._visit
        if visit is None:
            self._tell(self._admission.prompt or "no_person")
        elif visit.attempt is not None and visit.attempt.holding:
            visit.attempt.miss(now_ns)

    def _follow(self, frame: Frame, subject: Subject, visit: Visit) -> Assessment | None:
        now_ns, pose = frame.captured_ns, subject.pose
        if visit.next_view is None:
            self._tell("done")
            return None
        facing = as_asked(view_of(pose), visit.asked_view)
        body, found = self._gate(frame, subject, facing)
        attempt = visit.attempt
        if attempt is not None and attempt.expired(now_ns):
            why = found or ("moving",)
            if not found and attempt.holding and len(attempt.poses) < LEAST_FRAMES:
                why = ("too_few_frames",)
            return self._give_up(visit, attempt.view, pose, why, now_ns)
        if attempt is not None and facing.view not in ("unknown", attempt.view):
            visit.attempt = attempt = None
        stature_px = body.stature_px or 0.0
        if visit.stepping and visit.steps(None if found else pose, now_ns, stature_px):
            self._tell("step")
            return None
        elsewhere = visit.asked_view not in (None, facing.view)
        if found or facing.view in visit.closed or elsewhere:
            return self._wait(visit, pose, found, facing, now_ns)
        if visit.returned and not visit.is_of(stature_px):  # somebody else came back
            return self._end_visit(now_ns)
        visit.returned = False
        if distrusted := self._guard.reasons(frame):
            return self._give_up(visit, facing.view, pose, distrusted, now_ns)
        if attempt is None:
            attempt = visit.attempt = CaptureAttempt(facing.view, now_ns, self._settings)
            visit.waiting_since_ns = now_ns
        self._tell(attempt.add(pose, now_ns, stature_px))
        if attempt.holding:
            self._lock.lock()
            if self._measurer is not None and attempt.poses:
                sharp = sharpness(frame, subject)
                attempt.best.offer(frame, pose, sharp, attempt.poses, stature_px)
            if (other := visit.left_open(but=attempt.view)) is not None:
                visit.attempt = None
                assessment = self._close(visit, other, now_ns)
                visit.attempt = attempt
                return assessment
        return self._capture(visit, attempt, now_ns)

    def _gate(
        self, frame: Frame, subject: Subject, facing: Facing
    ) -> tuple[Landmarks, tuple[str, ...]]:
        """The subject's landmarks, and what fails."""
        least_px = self._settings.least_stature_px
        return gate(frame, subject, facing, self._calibration, least_px)

    def _wait(
        self, visit: Visit, pose: Pose, found: tuple[str, ...], facing: Facing, now_ns: int
    ) -> Assessment | None:
        """A frame in which the person does not stand as asked."""
        view, attempt = visit.next_view, visit.attempt
        turning = bool(visit.closed) and facing.view != view
        why = found or (f"seen_from:{facing.view}",)
        if turning and found[:1] in ((), ("view_unclear",), ("turned",)):
            self._tell(f"turn_{view}")
        else:
            self._tell(found[0])
        if attempt is not None:
            if not attempt.miss(now_ns):
                visit.attempt = None  # it was not one bad frame: the next try has its own time
            return self._capture(visit, attempt, now_ns)
        if visit.begun and view is not None and now_ns - visit.waiting_since_ns > _POSITION_NS:
            return self._give_up(visit, view, pose, why, now_ns)
        return None

    def _capture(self, visit: Visit, attempt: CaptureAttempt, now_ns: int) -> Assessment | None:
        due = attempt.capture(
            now_ns, self._calibration, self._measured, visit.dress, visit.inputs.stature_mm
        )
        if isinstance(due, str):
            self._tell(due)
        if not isinstance(due, Capture):
            return None
        visit.add(due, attempt.view, Landmarks.of(due.guide, self._calibration).stature_px)
        if len(visit.captures[attempt.view]) < self._settings.repeats:
            self._tell("step")
            return None
        return self._close(visit, attempt.view, now_ns)

    def _measured(self, seen: list[Seen], guide: Pose) -> Pose:
        """The person of a hold looked at closely, in its best frames."""
        if self._measurer is None or not seen:
            return guide
        self._tell("measuring")
        self._looked_away = True
        return self._measurer.measure(seen, guide, budget_s=MEASURING_S, progress=self._progress)

    def _give_up(
        self, visit: Visit, view: View, pose: Pose, why: tuple[str, ...], now_ns: int
    ) -> Assessment:
        """Close a view with the captures it has, or refused."""
        if not visit.captures.get(view):
            log.info("screening: %s is not measured: %s", view, ", ".join(why))
            seen = visit.attempt.frames_seen if visit.attempt is not None else 1
            refused = refuse(pose.skeleton, view, why)
            visit.captures[view] = [Capture(refused, pose, pose, now_ns, 0, seen)]
        assessment = self._close(visit, view, now_ns)
        if visit.next_view is None or why[0].startswith("calibration"):
            visit.closed.update(VIEWS)
        self._tell("calibration" if why[0].startswith("calibration") else "not_measured")
        return assessment

    def _close(self, visit: Visit, view: View, now_ns: int) -> Assessment:
        captures = visit.close(view, now_ns)
        log.info("screening: %s is done, captures: %d", view, len(captures))
        following = visit.next_view
        if self._visit is visit:
            self._tell("done" if following is None else f"turn_{following}")
        repeats = self._settings.repeats
        return self._recorder.of_captures(visit.session, view, captures, repeats, visit.asked)

    def _judge_photograph(self, frame: Frame, poses: list[Pose]) -> Assessment:
        distrusted = self._guard.reasons(frame)
        judged = judge_photograph(
            frame, poses, self._calibration, distrusted=distrusted,
            least_stature_px=self._settings.least_stature_px, measurer=self._measurer,
            progress=self._progress,
        )  # fmt: skip
        self._tell("calibration" if distrusted else judged.found[0] if judged.found else "done")
        return self._recorder.of_photograph(self._new_session(), frame, judged)
