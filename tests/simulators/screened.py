"""A whole screening of one simulated person: four views, a marked spine, seven movements."""

from __future__ import annotations

from simulators.standing_person import Person, seen

from edge.fms.outcome import assessment_of
from edge.fms.rules import shipped_rules
from edge.fms.sheet import Clearing, Sheet, Try
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.stick_figure import figure_of
from edge.records import Measure
from edge.report.reported_visit import ReportedView, ReportedVisit

SCALED = Calibration(roll_sd_deg=0.5, mm_per_px=2.3)
VIEWS = ("front", "right", "back", "left")
SCORES = {
    ("deep_squat", ""): 2, ("hurdle_step", "right"): 3, ("hurdle_step", "left"): 2,
    ("inline_lunge", "right"): 2, ("inline_lunge", "left"): 2, ("shoulder_mobility", "right"): 3,
    ("shoulder_mobility", "left"): 1, ("active_straight_leg_raise", "right"): 3,
    ("active_straight_leg_raise", "left"): 3, ("trunk_stability_push_up", ""): 2,
    ("rotary_stability", "right"): 2, ("rotary_stability", "left"): 2,
}  # fmt: skip
PERSON = Person(shoulder_tilt_deg=4.2, pelvis_tilt_deg=-1.5, trunk_lean_deg=2.4,
                head_lean_deg=-3.0, head_forward_deg=24.0)  # fmt: skip


def scores() -> tuple[Measure, ...]:
    rules = shipped_rules()
    tries = tuple(
        Try(movement=name, side=side, score=score, by="op-1")
        for (name, side), score in SCORES.items()
    )
    clearing = tuple(Clearing(test, False) for test in rules.clearing)
    sheet = Sheet(session="visit", rules=rules.version, tries=tries, clearing=clearing)
    return assessment_of(sheet, rules, 1).measures


def screening(
    person: Person = PERSON, *, views=VIEWS, at="2026-11-21T09:30:00Z", origin="camera", **options
):
    """As the collector would put it together."""
    seen_views = []
    for view in views:
        pose = seen(view, person, sigma_px=0.8)
        seen_views.append(
            ReportedView(view, assess(pose, view, SCALED), figure_of(pose), 74, 75, 0.62, origin)
        )
    return ReportedVisit(
        person="P-0042", screened_at=at, station="hall-1", software="0.3.0",
        models=("bottom_up 3.1", "single_person 3.1"), views=tuple(seen_views), **options,
    )  # fmt: skip
