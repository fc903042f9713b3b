"""Three findings in plain words, and what to take again and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.norms import Who, shipped_norms
from edge.records import Basis, Measure, Quality
from edge.report.findings import main_findings, to_repeat
from edge.report.page import page
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.together import combined
from edge.report.words import LANGUAGES, words

NORMS = shipped_norms()
PUPIL = Who(16, "female")


def made(code, value, u95=1.0, view="front", why=(), definition="1", side="", unit="deg"):
    quality = Quality.REFUSED if value is None else Quality.LOW if why else Quality.OK
    half = None if value is None else u95
    return Measure(code, value, unit, half, 5.0, quality, why, view, side, definition, half)


def visit(*measures, before=(), who=PUPIL, views=("front", "back", "left", "right")):
    seen = tuple(
        ReportedView(view, tuple(m for m in measures if m.view == view), {}, 5, 5, 0.9, "camera",
                     basis=Basis(("ab" * 32,), "bodies", "c"))
        for view in views
    )  # fmt: skip
    return ReportedVisit("p-17", "2026-01-01", "s", "0", (), seen, who=who, before=before)


def findings(screened, language="en"):
    return main_findings(screened, combined(screened), NORMS, words(language))


def repeats(screened, language="en"):
    return {
        each.views: each.text for each in to_repeat(screened, combined(screened), words(language))
    }


CVA = {"code": "craniovertebral_angle", "view": "right", "side": "right", "definition": "1-tragus"}


def test_outside_what_is_usual_goes_before_uneven_sides():
    found = findings(visit(made("shoulder_tilt", 6.0), made(value=30.0, **CVA)))
    assert [each.kind for each in found] == ["outside", "uneven"]
    assert found[0].text == (
        "Craniovertebral angle (C7) (right): +30.0° (±1.0°), less than usual (36.4° to 56.7°)."
    )
    assert found[1].text == "Shoulder tilt: the right side is higher, by 6.0° (±1.0°)."


@pytest.mark.parametrize(
    ("code", "value", "unit", "said"),
    [
        ("shoulder_tilt", -4.0, "deg", "the left side is higher"),
        ("pelvis_tilt", 4.0, "deg", "the right side is higher"),
        ("trunk_lean", -4.0, "deg", "leans to the left"),
        ("head_lean", 4.0, "deg", "leans to the right"),
        ("hips_over_ankles", 30.0, "mm", "lies to the right"),
        ("waist_asymmetry", -9.0, "%", "wider on the left"),
        ("leg_length_appearance", 5.0, "%", "the right leg looks longer"),
    ],
)
def test_a_sign_is_a_side_in_words(code, value, unit, said):
    (found,) = findings(visit(made(code, value, unit=unit)))
    assert said in found.text
    assert found.text.endswith(f"by {abs(value):.1f}{words('en').unit(unit)} "
                               f"(±1.0{words('en').unit(unit)}).")  # fmt: skip


def test_there_are_at_most_three_and_one_of_a_region():
    many = [
        made("shoulder_tilt", 9.0), made("axilla_tilt", 9.5), made("pelvis_tilt", 8.0),
        made("trunk_lean", 7.0), made("head_lean", 6.0), made("knee_line", 9.0),
    ]  # fmt: skip
    found = findings(visit(*many))
    assert len(found) == 3
    assert [each.code for each in found] == ["shoulder_tilt", "pelvis_tilt", "trunk_lean"]


@pytest.mark.parametrize(
    "unsure",
    [
        made("shoulder_tilt", 0.9),  # within its interval
        made("shoulder_tilt", 9.0, why=("turned",)),
        made("shoulder_tilt", 9.0, why=("network_unmeasured",)),
        made("shoulder_tilt", None, why=("no_person",)),
        made("knee_frontal_right", 5.0, side="right"),  # nobody's knee must be at 0
    ],
)
def test_what_is_not_sure_is_no_finding(unsure):
    assert findings(visit(unsure)) == ()


def test_an_interval_that_is_only_wide_leaves_a_sure_finding():
    (found,) = findings(visit(made("shoulder_tilt", 9.0, u95=4.0, why=("wide_interval",))))
    assert found.kind == "uneven"


def test_a_change_is_a_finding_with_both_values():
    then = visit(made("knee_frontal_right", 2.0, side="right"))
    (found,) = findings(visit(made("knee_frontal_right", 8.0, side="right"), before=(then,)))
    assert found.kind == "changed"
    assert found.text.endswith("changed from 2.0° to 8.0°.")


def test_nothing_found_is_said():
    assert words("en")("page", "no_findings") in page(
        visit(made("shoulder_tilt", 0.2)), NORMS, words("en")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_of_it(language):
    then = visit(made("knee_frontal_right", 2.0, side="right"))
    now = visit(
        made("shoulder_tilt", 6.0), made(value=30.0, **CVA),
        made("knee_frontal_right", 8.0, side="right"), made("head_lean", 1.0, why=("turned",)),
        before=(then,), views=("front", "right", "left"),
    )  # fmt: skip
    html = page(now, NORMS, words(language))
    found = findings(now, language)
    assert [each.kind for each in found] == ["outside", "changed", "uneven"]
    for each in found:
        assert each.text in html
        assert "{" not in each.text
    assert words(language)("page", "not_taken") in html
    assert words(language).reason("turned") in html
    for verdict in ("changed",):
        assert words(language)("page", verdict) in html


def test_what_to_repeat_is_named_by_view_with_the_reason():
    screened = visit(
        made("head_lean", 1.0, why=("turned",)), made("shoulder_tilt", 1.0, why=("turned",)),
        made("pelvis_tilt", None, why=("under_loose_cloth:left_asis",)),
        made("shoulder_tilt", None, view="back", why=("seen_from:front",)),
        made("spine_c4_t6", None, view="left", why=("keypoint_not_in_skeleton:C4",)),
        views=("front", "back", "left"),
    )  # fmt: skip
    again = repeats(screened)
    assert again[("front",)] == "body turned, left ASIS lies under loose clothes"
    assert again[("back",)] == "seen from another side than asked"
    assert again[("right",)] == "not taken"
    assert ("left",) not in again, "no repeat gives a network keypoints that it lacks"


def test_views_that_disagree_are_both_to_repeat():
    screened = visit(made("shoulder_tilt", -4.0), made("shoulder_tilt", 4.0, view="back"))
    assert repeats(screened)[("front", "back")] == (
        "Shoulder tilt differ by more than both intervals allow"
    )
    assert "≠" in page(screened, NORMS, words("en"))


def test_what_lacks_for_a_norm_is_named_on_the_page():
    measured = made(value=45.0, **CVA)
    for who, said in (
        (Who(), "No norm without the age: Craniovertebral angle"),
        (Who(40, "male"), "No norm of people of this age and sex: Craniovertebral angle"),
    ):
        assert said in page(replace(visit(measured), who=who), NORMS, words("en"))
    wide = page(visit(made(value=45.0, u95=12.0, **CVA)), NORMS, words("en"))
    assert "Interval too wide for the norm: Craniovertebral angle" in wide
    usual = page(visit(measured), NORMS, words("en"))
    assert "10.1590/bjpt-rbf.2014.0027" in usual
    assert 'class="word usual"' in usual
