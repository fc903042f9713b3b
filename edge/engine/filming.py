"""The seven movements of one visit, filmed by the station itself: films in, a sheet with evidence.

Frames become poses at once; of those a film keeps the keypoints while it lasts, and the sheet the
numbers and one figure of each try.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from edge.errors import MovementUnusable, PostureError
from edge.fms.outcome import assessment_of
from edge.fms.rules import FilmedFrom, RuleSet, shipped_rules
from edge.fms.sequence import PoseSequence
from edge.fms.sheet import Clearing, Sheet, Side, Try, add_up
from edge.fms.suggest import Suggestion, suggest
from edge.posture.stick_figure import figure_of
from edge.posture.views import view_of
from edge.records import Asked, Assessment, Figure, Frame, Origin, Pose, View
from edge.screening.subject import SubjectLock
from edge.wire.live import Attempt, FmsCommand, FmsSheet, Seen
from edge.wire.order import Inputs

_MOST_FRAMES = 1800  # of one film, whatever the camera's rate
_VIEWS: dict[FilmedFrom, tuple[View, ...]] = {
    "lateral": ("right", "left"), "frontal": ("front", "back"), "back": ("back",),
}  # fmt: skip
_Key = tuple[str, Side]


class _Film:
    """One movement while it is looked at."""

    def __init__(self, asked: FmsCommand) -> None:
        self.asked = asked
        self.poses: list[Pose] = []
        self.times_s: list[float] = []
        self._lock = SubjectLock()
        self._began_ns: int | None = None

    def look(self, frame: Frame, poses: list[Pose]) -> bool:
        """Take in a frame; True once the film is as long as it was asked for."""
        self._began_ns = frame.captured_ns if self._began_ns is None else self._began_ns
        subject = self._lock.follow(frame, poses)
        if subject is not None:
            self.poses.append(subject.pose)
            self.times_s.append(frame.captured_ns / 1e9)
        late = frame.captured_ns - self._began_ns >= self.asked.seconds * 1e9
        return late or len(self.poses) >= _MOST_FRAMES


class Movements:
    """The sheet of one visit.

    inputs, asked : of the visit. source, origin : of the camera that films.
    """

    def __init__(
        self, session: str, inputs: Inputs, asked: Asked | None, source: str, origin: Origin
    ) -> None:
        self._rules: RuleSet = shipped_rules()
        self._inputs, self._asked = inputs, asked
        self._source, self._origin = source, origin
        self._sheet = Sheet(session=session, rules=self._rules.version)
        self._films: dict[_Key, dict[FilmedFrom, PoseSequence]] = {}
        self._judged: set[_Key] = set()  # whose films have made a try that waits for its score
        self._figures: dict[_Key, Figure] = {}
        self._film: _Film | None = None
        self._problem = ""
        self._saved = False

    @property
    def session(self) -> str:
        return self._sheet.session

    @property
    def filming(self) -> bool:
        return self._film is not None

    @property
    def unsaved(self) -> bool:
        """Whether something was confirmed that is no result yet."""
        return not self._saved and any(one.score is not None for one in self._sheet.tries)

    def film(self, asked: FmsCommand) -> None:
        """Begin to look. Raises SettingsInvalid, MovementUnusable for what cannot be scored."""
        if self._film is not None:
            raise MovementUnusable(
                f"{self._film.asked.movement} is being filmed.", "Stop that film first."
            )
        rule = self._rules.movement(asked.movement)
        rule.best_score(self._variation(asked), self._inputs.sex or "")
        self._sheet.with_try(Try(movement=asked.movement, side=asked.side), self._rules)
        self._problem, self._saved = "", False
        self._film = _Film(asked)

    def look(self, frame: Frame, poses: list[Pose]) -> bool:
        """A frame of the film; True when the film has ended with it."""
        if self._film is not None and self._film.look(frame, poses):
            self.stop()
        return self._film is None

    def stop(self) -> None:
        """End the film and judge it; what it does not show is the sheet's `problem`."""
        film, self._film = self._film, None
        if film is None:
            return
        try:
            self._judge(film)
        except PostureError as refusal:
            self._problem = str(refusal)[:500]

    def _judge(self, film: _Film) -> None:
        asked = film.asked
        fitting = _VIEWS[asked.filmed]
        views = Counter(view for pose in film.poses if (view := view_of(pose).view) in fitting)
        # Lying people have no facing; no criterion of theirs asks for one.
        view = views.most_common(1)[0][0] if views else fitting[0]
        sequence = PoseSequence.of(film.poses, film.times_s, view)
        key: _Key = (asked.movement, asked.side)
        known = self._films.get(key, {})
        films: dict[FilmedFrom, PoseSequence] = {asked.filmed: sequence}
        if asked.filmed in known:
            self._judged.discard(key)  # the same side again is another try
        else:
            films |= known
        self._films[key] = films  # one side alone may not show a movement that two show
        suggestion = suggest(
            self._rules, asked.movement, films, side=asked.side, variation=self._variation(asked),
            sex=self._inputs.sex or "", hand_pct_h=self._hand_pct_h,
        )  # fmt: skip
        one = Try(
            movement=asked.movement, side=asked.side, variation=self._variation(asked),
            suggestion=suggestion,
        )  # fmt: skip
        self._sheet = self._with(one, replaces=key in self._judged)
        self._judged.add(key)
        self._figures[key] = _figure(film.poses, film.times_s, suggestion)

    def _with(self, one: Try, *, replaces: bool) -> Sheet:
        """A second film of the same try adds to what is known of it, and is no try of its own."""
        if not replaces:
            return self._sheet.with_try(one, self._rules)
        tries = list(self._sheet.tries)
        last = max(
            n for n, t in enumerate(tries) if (t.movement, t.side) == (one.movement, one.side)
        )
        tries[last] = one
        return msgspec.structs.replace(self._sheet, tries=tuple(tries))

    def score(self, said: FmsCommand) -> None:
        """Confirm the latest try, or a score given without a film. Raises as `Sheet.confirmed`."""
        if not said.by:
            raise MovementUnusable("a score has a person who confirms it.", "Say by whom.")
        score = 0 if said.pain else said.score
        if self._latest((said.movement, said.side)) is None or (
            said.pain or (score is not None and self._is_confirmed(said))
        ):
            if score is None:
                raise MovementUnusable(
                    f"{said.movement} was not filmed: nothing is suggested.", "Give the score."
                )
            one = Try(
                movement=said.movement, side=said.side, pain=said.pain, score=score, by=said.by
            )
            self._sheet = self._sheet.with_try(one, self._rules)
        else:
            self._sheet = self._sheet.confirmed(said.movement, said.side, score, said.by)
        key: _Key = (said.movement, said.side)
        self._films.pop(key, None)  # the next film is of another try
        self._judged.discard(key)
        self._saved = False

    def _is_confirmed(self, said: FmsCommand) -> bool:
        latest = self._latest((said.movement, said.side))
        return latest is not None and latest.score is not None

    def clear(self, said: FmsCommand) -> None:
        """A clearing test was done. Raises SettingsInvalid for an unknown one."""
        self._sheet = self._sheet.with_clearing(Clearing(said.test, said.pain), self._rules)
        self._saved = False

    def save(self) -> Assessment:
        """The sheet as a result, incomplete or not: what is missing is refused with the reason."""
        if not self._sheet.tries:
            raise MovementUnusable("the sheet has no try yet.", "Film or score a movement first.")
        self._saved = True
        made = assessment_of(self._sheet, self._rules, time.time_ns())
        return replace(made, source=self._source, origin=self._origin, asked=self._asked)

    def told(self) -> FmsSheet:
        """The sheet for whoever looks at it now."""
        latest: dict[_Key, Try] = {}
        counts: Counter[_Key] = Counter()
        for one in self._sheet.tries:
            latest[one.movement, one.side] = one
            counts[one.movement, one.side] += 1
        outcome = add_up(self._sheet, self._rules)
        return FmsSheet(
            session=self.session,
            attempts=tuple(
                _attempt(one, counts[key], self._figures.get(key, {}))
                for key, one in latest.items()
            ),
            clearing={each.test: each.pain for each in self._sheet.clearing},
            filming="" if self._film is None else self._film.asked.movement,
            problem=self._problem,
            open=outcome.incomplete,
            total=outcome.total,
            saved=self._saved,
        )

    def _latest(self, key: _Key) -> Try | None:
        tries = [one for one in self._sheet.tries if (one.movement, one.side) == key]
        return tries[-1] if tries else None

    def _variation(self, asked: FmsCommand) -> str:
        known = self._rules.movement(asked.movement).variations
        return asked.variation or ("flat" if "flat" in known else "standard")

    @property
    def _hand_pct_h(self) -> float | None:
        hand_mm, stature_mm = self._inputs.hand_length_mm, self._inputs.stature_mm
        return 100.0 * hand_mm / stature_mm if hand_mm and stature_mm else None


def _attempt(one: Try, tries: int, figure: Figure) -> Attempt:
    said = one.suggestion
    return Attempt(
        movement=one.movement,
        side=one.side,
        tries=tries,
        suggested=None if said is None else said.score,
        undecided=() if said is None else said.undecided,
        by_eye=() if said is None else said.by_eye,
        criteria=()
        if said is None
        else tuple(
            Seen(name=c.name, measure=c.measure, value=c.value, at_s=c.at_s, verdict=c.verdict)
            for c in said.criteria
        ),
        figure=figure,
        pain=one.pain,
        score=one.score,
    )


def _figure(poses: Sequence[Pose], times_s: Sequence[float], said: Suggestion) -> Figure:
    """The person at the moment that decided: of the criterion that failed, else of the first."""
    seen = [c for c in said.criteria if c.at_s is not None]
    failed = [c for c in seen if c.verdict == "failed"]
    if not seen:
        return {}
    at_s = times_s[0] + ((failed or seen)[0].at_s or 0.0)
    nearest = min(range(len(poses)), key=lambda i: abs(times_s[i] - at_s))
    return figure_of(poses[nearest])
