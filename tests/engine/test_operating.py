"""What an operator asks while a person stands there: repeat, end, aim, and the seven movements."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from simulators import movements
from simulators.visitor import Visitor

from edge.engine.operating import Operating
from edge.errors import MessageRefused
from edge.live.line import EngineEnd, UplinkEnd
from edge.posture.calibration import LEVEL, Calibration
from edge.records import Pose
from edge.screening.admission import Admission
from edge.screening.order import OrderBox
from edge.wire.live import LIVE
from edge.wire.order import Order


class Operated:
    """A visitor before a station that an operator can reach."""

    def __init__(self, folder: Path, *, calibration: Calibration = LEVEL, **options: Any) -> None:
        self.uplink, self.words = UplinkEnd(folder), dict[str, Any]()
        self.shown: list[str] = []
        self.visitor = Visitor(settings={"repeats": 1}, feedback=self, **options)
        self.visitor.screening = Operating(
            self.visitor.screening, EngineEnd(folder), source="camera", origin="rendered",
            calibration=calibration, least_stature_px=500.0, feedback=self,
        )  # fmt: skip

    def show(self, prompt: Any) -> None:
        self.shown.append(prompt.code)

    def ask(self, name: str, data: dict[str, Any], frame: Callable[[], Any]) -> dict[str, Any]:
        """Ask as the uplink does, while frames go by."""
        answers: list[Any] = []

        def ask() -> None:
            try:
                answers.append(self.uplink.ask(name, data))
            except MessageRefused as refusal:
                answers.append(refusal)

        thread = threading.Thread(target=ask)
        thread.start()
        while thread.is_alive():
            frame()
            thread.join(0.01)
        thread.join()
        self.hear()
        if isinstance(answers[0], MessageRefused):
            raise answers[0]
        return answers[0]

    def hear(self) -> None:
        for kind, body in self.uplink.heard():
            self.words[kind] = msgspec.json.decode(body, type=LIVE[kind])

    @property
    def views(self) -> list[str]:
        return [assessment.view for assessment in self.visitor.assessments]


def standing(operated: Operated, view: str = "front") -> Callable[[], None]:
    return lambda: operated.visitor.stand(view, 0.1)


def test_prompts_are_told_with_what_is_done_of_the_visit(tmp_path: Path) -> None:
    box = OrderBox(tmp_path)
    operated = Operated(tmp_path, admission=Admission("asked", box))
    operated.visitor.leave(1.0)
    box.put(msgspec.json.encode(Order("p-17", "2026-05")))
    operated.visitor.leave(1.0)
    operated.hear()
    assert (operated.words["prompt"].code, operated.words["prompt"].person) == ("no_person", "p-17")
    operated.visitor.stand("front", 9.0)
    operated.hear()
    word = operated.words["prompt"]
    assert (word.session, word.person, word.closed) == ("visit-1", "p-17", ("front",))
    assert (word.code, word.view, word.repeats) == ("turn_right", "right", 1)


def test_a_view_is_repeated_and_both_results_stay(tmp_path: Path) -> None:
    operated = Operated(tmp_path)
    operated.visitor.stand("front", 9.0)
    assert operated.views == ["front"]
    told = operated.ask("repeat", {"session": "visit-1", "view": "front"}, standing(operated))
    assert told == {"view": "front"}
    operated.visitor.stand("front", 9.0)
    assert operated.views == ["front", "front"]
    assert {a.session for a in operated.visitor.assessments} == {"visit-1"}


def test_an_end_keeps_what_was_captured_and_asks_for_no_more(tmp_path: Path) -> None:
    operated = Operated(tmp_path)
    operated.visitor.stand("front", 9.0)
    operated.ask("end", {"session": "visit-1"}, standing(operated))
    operated.visitor.stand("right", 20.0)
    assert operated.views == ["front"]
    assert operated.visitor.screening.prompt.code == "done"
    operated.visitor.leave()
    operated.visitor.stand("front", 9.0)
    assert [a.session for a in operated.visitor.assessments] == ["visit-1", "visit-2"]


def test_who_has_left_is_neither_repeated_nor_ended(tmp_path: Path) -> None:
    operated = Operated(tmp_path)
    operated.visitor.stand("front", 9.0)
    operated.visitor.leave()
    for name, data in (("repeat", {"view": "front"}), ("end", {}), ("fms", {"step": "show"})):
        with pytest.raises(MessageRefused, match="visit-1 is over"):
            operated.ask(name, {"session": "visit-1", **data}, operated.visitor.show)


def test_an_order_that_nobody_took_up_is_taken_back(tmp_path: Path) -> None:
    box = OrderBox(tmp_path)
    operated = Operated(tmp_path, admission=Admission("asked", box))
    box.put(msgspec.json.encode(Order("p-17", "2026-05")))
    operated.visitor.leave(1.0)
    with pytest.raises(MessageRefused, match="nobody is waited for"):
        operated.ask("end", {"code": "p-18"}, operated.visitor.show)
    operated.ask("end", {"code": "p-17"}, operated.visitor.show)
    operated.visitor.stand("front", 9.0)
    assert operated.visitor.prompts[-1] == "show_badge"


def test_aiming_tells_points_and_measures_nobody(tmp_path: Path) -> None:
    lens = Calibration(focal_px=1500.0, centre_px=(540.0, 960.0))
    operated = Operated(tmp_path, calibration=lens)
    operated.ask("aim", {"seconds": 60, "stature_mm": 1700}, operated.visitor.show)
    assert operated.shown[-1] == "aiming"  # the lamp is on
    operated.visitor.stand("front", 20.0)
    operated.hear()
    aim = operated.words["aim"]
    assert operated.visitor.assessments == []
    assert aim.picture_px == (1080, 1920)
    assert aim.whole
    assert aim.view == "front"
    assert abs(aim.roll_deg) < 2.0
    nose, ankle = aim.points["nose"], aim.points["left_ankle"]
    assert 0 < nose[1] < ankle[1] < 1000
    stature_px = aim.height_part * 1920
    assert aim.distance_mm == pytest.approx(1500.0 * 1700 / stature_px, rel=0.01)
    assert 0.0 < aim.left_s <= 60.0
    operated.ask("aim", {"seconds": 0}, operated.visitor.show)
    operated.visitor.stand("front", 9.0)
    assert operated.views == ["front"]


def test_nobody_is_aimed_at_in_the_middle_of_a_visit(tmp_path: Path) -> None:
    operated = Operated(tmp_path)
    operated.visitor.stand("front", 9.0)
    with pytest.raises(MessageRefused, match="being screened"):
        operated.ask("aim", {"seconds": 60}, standing(operated))


@pytest.fixture
def squatting(tmp_path: Path) -> Operated:
    """A visit that has begun, and the person in it."""
    operated = Operated(tmp_path, fps=25.0)
    operated.visitor.stand("front", 1.0)
    return operated


def film(operated: Operated, view: str = "right", **asked: Any) -> None:
    asked["filmed"] = "lateral" if view == "right" else "frontal"
    operated.ask("fms", {"session": "visit-1", "step": "film", **asked}, operated.visitor.show)
    points = (
        movements.squat_from_the_right() if view == "right" else movements.squat_from_the_front()
    )
    squat = movements.film(view, points)
    for keypoints in squat.keypoints.astype(np.float32):
        unknown = np.full((len(keypoints), 2, 2), np.nan, np.float32)
        operated.visitor.show(Pose(squat.skeleton, keypoints, unknown, 1.0))
    operated.ask("fms", {"session": "visit-1", "step": "stop"}, operated.visitor.show)


def step(operated: Operated, **said: Any) -> Any:
    operated.ask("fms", {"session": "visit-1", **said}, standing(operated))
    return operated.words["fms"]


def test_a_squat_is_filmed_and_suggested_with_its_evidence(squatting: Operated) -> None:
    film(squatting, movement="deep_squat")
    [attempt] = squatting.words["fms"].attempts
    assert squatting.words["fms"].problem == ""
    assert attempt.suggested is not None
    trunk = {each.name: each for each in attempt.criteria}["trunk_parallel_to_tibia"]
    assert trunk.value == pytest.approx(-5.0, abs=1.0)  # leans 25 deg over a tibia of 30
    assert trunk.verdict == "met"
    assert "left_knee" in attempt.figure
    assert attempt.score is None
    assert "filming" in squatting.shown


def test_a_film_from_another_side_adds_to_the_same_try(squatting: Operated) -> None:
    film(squatting, "front", movement="deep_squat")
    assert "Film from lateral and frontal" in squatting.words["fms"].problem
    film(squatting, movement="deep_squat")
    [attempt] = squatting.words["fms"].attempts
    assert attempt.tries == 1
    seen = {each.name: each.verdict for each in attempt.criteria}
    assert seen["knees_over_feet"] == "met"
    film(squatting, "front", movement="deep_squat")
    film(squatting, movement="deep_squat")
    assert squatting.words["fms"].attempts[0].tries == 2


def test_a_person_confirms_and_the_sheet_becomes_a_result(squatting: Operated) -> None:
    film(squatting, movement="deep_squat")
    with pytest.raises(MessageRefused, match="waits for you to judge"):
        step(squatting, step="score", movement="deep_squat", by="anna")
    sheet = step(squatting, step="score", movement="deep_squat", score=2, by="anna")
    assert sheet.attempts[0].score == 2
    assert not sheet.saved
    step(squatting, step="clear", test="shoulder", pain=False)
    sheet = step(squatting, step="save")
    assert sheet.saved
    assert sheet.total is None  # six are not done
    [result] = [a for a in squatting.visitor.assessments if a.kind == "fms"]
    assert (result.session, result.origin, result.source) == ("visit-1", "rendered", "camera")
    scored = {m.code: m for m in result.measures}
    assert (scored["fms_deep_squat"].value, scored["fms_deep_squat"].why) == (
        2.0, ("confirmed_by:anna",),
    )  # fmt: skip
    assert scored["fms_total"].value is None


def test_a_film_that_shows_no_movement_says_so_and_costs_no_try(squatting: Operated) -> None:
    squatting.ask(
        "fms", {"session": "visit-1", "step": "film", "movement": "deep_squat", "seconds": 3},
        standing(squatting, "right"),
    )  # fmt: skip
    squatting.visitor.stand("right", 4.0)
    squatting.hear()
    sheet = squatting.words["fms"]
    assert "Nobody performs deep_squat" in sheet.problem
    assert sheet.attempts == ()
    assert sheet.filming == ""


def test_pain_is_zero_and_an_unknown_movement_is_refused(squatting: Operated) -> None:
    sheet = step(squatting, step="score", movement="deep_squat", pain=True, by="anna")
    assert (sheet.attempts[0].score, sheet.attempts[0].pain) == (0, True)
    for wrong in (
        {"step": "film", "movement": "handstand"},
        {"step": "film", "movement": "hurdle_step"},
        {"step": "score", "movement": "deep_squat", "score": 2},
        {"step": "clear", "test": "mood"},
    ):
        with pytest.raises(MessageRefused):
            step(squatting, **wrong)


def test_a_sheet_nobody_saved_is_saved_before_the_next_persons(squatting: Operated) -> None:
    step(squatting, step="score", movement="deep_squat", score=3, by="anna")
    squatting.visitor.leave()
    squatting.visitor.stand("front", 2.0)
    squatting.ask("fms", {"session": "visit-2", "step": "show"}, standing(squatting))
    [result] = [a for a in squatting.visitor.assessments if a.kind == "fms"]
    assert result.session == "visit-1"
