"""What an operator may ask while the station looks: repeat, end, film a movement, aim.

It stands before the screening and hands it every frame that no operator has claimed.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Literal

import msgspec

from edge.engine.aiming import Aiming
from edge.engine.filming import Movements
from edge.errors import CommandRefused
from edge.live.line import EngineEnd
from edge.posture.calibration import Calibration
from edge.records import Assessment, Frame, Origin, Pose
from edge.screening.feedback import Feedback
from edge.screening.prompts import PROMPTS, Prompt
from edge.screening.screening import Screening
from edge.screening.visit import VIEWS
from edge.wire.live import (
    AimCommand,
    EndCommand,
    FmsCommand,
    Prompting,
    RepeatCommand,
)

_AGAIN_S = 5.0


class Operating:
    """A screening that an operator can reach.

    line : to the uplink. source, origin : of the camera. feedback : the screening's own.
    """

    def __init__(
        self,
        screening: Screening,
        line: EngineEnd,
        *,
        source: str,
        origin: Origin,
        calibration: Calibration,
        least_stature_px: float,
        feedback: Feedback,
    ) -> None:
        self._screening = screening
        self._line = line
        self._source, self._origin = source, origin
        self._calibration = calibration
        self._least_stature_px = least_stature_px
        self._feedback = feedback
        self._aiming: Aiming | None = None
        self._movements: Movements | None = None
        self._due: deque[Assessment] = deque()
        self._said: Prompting | None = None
        self._said_s = 0.0
        self._handlers = {
            "repeat": self._repeat, "end": self._end, "aim": self._aim, "fms": self._fms,
        }  # fmt: skip

    @property
    def prompt(self) -> Prompt:
        """What the person in front of the camera should do now."""
        if self._busy:
            return PROMPTS["aiming" if self._busy == "aim" else "filming"]
        return self._screening.prompt

    def observe(self, frame: Frame, poses: list[Pose]) -> Assessment | None:
        """Carry out what operators asked, then take in a frame; an assessment when one is due."""
        self._line.serve(self._handlers)
        busy = self._busy
        if self._aiming is not None:
            self._aim_at(self._aiming, frame, poses)
        elif self._movements is not None and self._movements.filming:
            if self._movements.look(frame, poses):
                self._line.say("fms", self._movements.told())
        elif (assessment := self._screening.observe(frame, poses)) is not None:
            self._due.append(assessment)
        if busy:
            self._feedback.show(self.prompt)
            self._screening.look_away()
        self._say_prompt()
        return self._due.popleft() if self._due else None

    def conclude(self) -> Assessment | None:
        """The source has ended: what is still due, one at a time; None at the end."""
        if self._due:
            return self._due.popleft()
        return self._screening.conclude()

    @property
    def _busy(self) -> Literal["", "film", "aim"]:
        if self._aiming is not None:
            return "aim"
        return "film" if self._movements is not None and self._movements.filming else ""

    def _aim_at(self, aiming: Aiming, frame: Frame, poses: list[Pose]) -> None:
        if aiming.over:
            self._aiming = None
        elif (seen := aiming.look(frame, poses)) is not None:
            self._line.say("aim", seen)

    def _say_prompt(self) -> None:
        """Tell the prompt when it changed, and now and then for a page that is opened later."""
        word = self._word()
        now_s = time.monotonic()
        somebody = bool(word.session or word.person or word.busy)
        if word != self._said or (somebody and now_s - self._said_s >= _AGAIN_S):
            self._line.say("prompt", word)
            self._said, self._said_s = word, now_s

    def _word(self) -> Prompting:
        visit, prompt = self._screening.visit, self.prompt
        if visit is None:
            return Prompting(code=prompt.code, person=self._screening.awaited, busy=self._busy)
        asked = visit.next_view
        return Prompting(
            code=prompt.code,
            session=visit.session,
            person="" if visit.asked is None else visit.asked.code,
            view=asked or "",
            closed=tuple(each for each in VIEWS if each in visit.closed),
            captured=0 if asked is None else len(visit.captures.get(asked, ())),
            repeats=self._screening.repeats,
            busy=self._busy,
        )

    def _repeat(self, data: dict[str, Any]) -> dict[str, Any]:
        wanted = msgspec.convert(data, RepeatCommand)
        self._refuse_while_busy()
        self._screening.repeat(wanted.session, wanted.view)
        return {"view": wanted.view}

    def _end(self, data: dict[str, Any]) -> dict[str, Any]:
        wanted = msgspec.convert(data, EndCommand)
        if wanted.code:
            self._screening.cancel(wanted.code)
            return {"code": wanted.code}
        self._refuse_while_busy()
        if (assessment := self._screening.end(wanted.session)) is not None:
            self._due.append(assessment)
        return {"session": wanted.session}

    def _aim(self, data: dict[str, Any]) -> dict[str, Any]:
        wanted = msgspec.convert(data, AimCommand)
        if wanted.seconds == 0:
            self._aiming = None
            return {"seconds": 0}
        if self._screening.visit is not None and self._screening.visit.begun:
            raise CommandRefused("somebody is being screened.", "Aim when the visit has ended.")
        if self._busy == "film":
            raise CommandRefused("a movement is being filmed.", "Aim when the visit has ended.")
        self._aiming = Aiming(wanted, self._calibration, self._least_stature_px)
        self._feedback.show(self.prompt)
        return {"seconds": wanted.seconds}

    def _fms(self, data: dict[str, Any]) -> dict[str, Any]:
        wanted = msgspec.convert(data, FmsCommand)
        sheet = self._sheet_of(wanted.session)
        if wanted.step == "film":
            if self._aiming is not None:
                raise CommandRefused("the camera is being aimed.", "End that first.")
            sheet.film(wanted)
            self._feedback.show(self.prompt)
        elif wanted.step == "stop":
            sheet.stop()
        elif wanted.step == "score":
            sheet.score(wanted)
        elif wanted.step == "clear":
            sheet.clear(wanted)
        elif wanted.step == "save":
            self._due.append(sheet.save())
        self._line.say("fms", sheet.told())
        return {"session": wanted.session, "step": wanted.step}

    def _sheet_of(self, session: str) -> Movements:
        """The score sheet of the visit that goes on, or of the last one: movements may be scored
        after it.

        A sheet that nobody has saved is, before the next one takes its place.
        """
        if self._movements is not None and self._movements.session == session:
            return self._movements
        visit = self._screening.visit_of(session)
        if self._movements is not None and self._movements.unsaved:
            self._due.append(self._movements.save())
        self._movements = Movements(session, visit.inputs, visit.asked, self._source, self._origin)
        return self._movements

    def _refuse_while_busy(self) -> None:
        if self._busy:
            what = "the camera is being aimed" if self._busy == "aim" else "a movement is filmed"
            raise CommandRefused(f"{what}.", "End that first.")
