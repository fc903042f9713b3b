"""Suggested scores on stick figures whose geometry is known."""

from __future__ import annotations

import pytest
from simulators.movements import (
    birddog,
    film,
    fists_behind_the_back,
    hurdle_step,
    leg_raise,
    lunge_from_the_front,
    lunge_from_the_right,
    push_up,
    squat_from_the_front,
    squat_from_the_right,
)

from edge.errors import MovementUnusable, SettingsInvalid
from edge.fms.rules import parse_rules, shipped_rules
from edge.fms.suggest import suggest
from edge.skeletons import COCO_17

RULES = shipped_rules()


def squat(lateral=None, frontal=None, *, variation="flat", **options):
    options = {"noise_px": 0.5} | options
    films = {
        "lateral": film("right", squat_from_the_right(**(lateral or {})), **options),
        "frontal": film("front", squat_from_the_front(**(frontal or {})), **options),
    }
    return suggest(RULES, "deep_squat", films, variation=variation)


def verdicts(suggestion):
    return {each.name: each.verdict for each in suggestion.criteria}


def test_a_squat_that_meets_everything_is_suggested_3_and_with_raised_heels_2():
    flat = squat()
    assert (flat.score, flat.undecided) == (3, ())
    assert set(verdicts(flat).values()) == {"met"}
    assert squat(variation="heels_raised").score == 2


@pytest.mark.parametrize(
    ("lateral", "frontal", "criterion"),
    [
        ({"trunk": 45.0}, {}, "trunk_parallel_to_tibia"),
        ({"femur": 12.0}, {}, "femur_below_horizontal"),
        ({}, {"knees": 0.6}, "knees_over_feet"),
        ({"dowel": 0.14}, {}, "dowel_over_feet"),
        ({"heel_rise": 0.03}, {}, "heels_down"),
    ],
)
def test_each_fault_of_a_squat_is_named_and_scores_1(lateral, frontal, criterion):
    suggestion = squat(lateral, frontal)
    assert [name for name, v in verdicts(suggestion).items() if v == "failed"] == [criterion]
    assert suggestion.score == 1


def test_evidence_is_the_true_angle_at_the_bottom():
    criteria = {c.measure: c for c in squat({"trunk": 45.0, "femur": -8.0}).criteria}
    assert criteria["trunk_minus_tibia_deg"].value == pytest.approx(15.0, abs=1.0)
    # The median of five frames about the lowest one reads a little above it.
    assert criteria["femur_deg"].value == pytest.approx(-8.0, abs=1.5)
    assert criteria["femur_deg"].at_s == pytest.approx(1.3, abs=0.1)


def test_a_squat_near_a_limit_waits_for_the_operator():
    suggestion = squat({"femur": 1.0})
    assert suggestion.undecided == ("femur_below_horizontal",)


def test_a_skeleton_without_heels_leaves_them_to_the_operator():
    suggestion = squat(skeleton=COCO_17)
    assert suggestion.score == 3
    assert suggestion.undecided == ("heels_down",)


def test_a_missing_camera_leaves_its_criteria_to_the_operator():
    films = {"lateral": film("right", squat_from_the_right())}
    suggestion = suggest(RULES, "deep_squat", films, variation="flat")
    assert suggestion.undecided == ("knees_over_feet",)


def test_a_person_who_only_stands_there_gets_no_score():
    standing = squat_from_the_right(tibia=0.0, femur=90.0, trunk=0.0)
    with pytest.raises(MovementUnusable) as refusal:
        suggest(RULES, "deep_squat", {"lateral": film("right", standing)}, variation="flat")
    assert refusal.value.remedy


def test_a_clip_without_the_hips_is_refused():
    hidden = ("left_hip", "right_hip")
    with pytest.raises(MovementUnusable):
        squat(hidden=hidden)


def step(**options):
    films = {"frontal": film("front", hurdle_step(**options), noise_px=0.5)}
    return suggest(RULES, "hurdle_step", films, side="right", variation="standard")


@pytest.mark.parametrize(
    ("fault", "criterion", "score"),
    [
        ({}, None, 3),
        ({"off_line": 0.09}, "leg_in_line", 2),
        ({"lean": 9.0}, "trunk_still", 2),
        ({"dowel": 12.0}, "dowel_level", 2),
        ({"stance_moves": 0.08}, "balance_kept", 1),
    ],
)
def test_hurdle_step(fault, criterion, score):
    suggestion = step(**fault)
    failed = [name for name, v in verdicts(suggestion).items() if v == "failed"]
    assert failed == ([criterion] if criterion else [])
    assert suggestion.score == score


@pytest.mark.parametrize(
    ("lateral", "frontal", "score"),
    [
        ({}, {}, 3),
        ({"lean": 10.0}, {}, 2),
        ({"knee_above": 0.06}, {}, 2),
        ({}, {"feet_apart": 0.09}, 2),
        ({}, {"lean": 8.0}, 2),
    ],
)
def test_inline_lunge(lateral, frontal, score):
    films = {
        "lateral": film("right", lunge_from_the_right(**lateral), noise_px=0.5),
        "frontal": film("front", lunge_from_the_front(**frontal), noise_px=0.5),
    }
    suggestion = suggest(RULES, "inline_lunge", films, side="right", variation="standard")
    assert (suggestion.score, suggestion.undecided) == (score, ())


@pytest.mark.parametrize(("raise_deg", "score"), [(55.0, 1), (67.0, 2), (82.0, 3)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_straight_leg_passes_the_knee_at_60_and_mid_thigh_at_76_deg(side, raise_deg, score):
    films = {"lateral": film("right", leg_raise(side=side, raise_deg=raise_deg), noise_px=0.5)}
    suggestion = suggest(RULES, "active_straight_leg_raise", films, side=side, variation="standard")
    assert (suggestion.score, suggestion.undecided) == (score, ())


@pytest.mark.parametrize("fault", [{"knee_deg": 150.0}, {"other_rise_deg": 12.0}])
def test_a_bent_or_helping_leg_scores_1(fault):
    films = {"lateral": film("right", leg_raise(raise_deg=80.0, **fault), noise_px=0.5)}
    suggestion = suggest(
        RULES, "active_straight_leg_raise", films, side="right", variation="standard"
    )
    assert suggestion.score == 1


@pytest.mark.parametrize(("apart", "score"), [(0.15, 3), (0.245, 2), (0.32, 1)])
def test_fists_are_half_a_hand_beyond_the_wrists(apart, score):
    films = {"back": film("back", fists_behind_the_back(wrists_apart=apart), noise_px=0.5)}
    suggestion = suggest(
        RULES, "shoulder_mobility", films, side="left", variation="standard", hand_pct_h=10.8
    )
    assert (suggestion.score, suggestion.undecided) == (score, ())


def test_without_the_hands_length_shoulder_mobility_is_the_operators():
    films = {"back": film("back", fists_behind_the_back())}
    suggestion = suggest(RULES, "shoulder_mobility", films, side="left", variation="standard")
    assert suggestion.undecided == ("within_one_hand", "within_one_and_a_half_hands")


@pytest.mark.parametrize(
    ("sex", "hands", "sag", "score"),
    [
        ("male", "thumbs_at_forehead", 0.0, 3),
        ("male", "thumbs_at_chin", 0.0, 2),
        ("female", "thumbs_at_chin", 0.0, 3),
        ("female", "thumbs_at_clavicle", 0.0, 2),
        ("male", "thumbs_at_forehead", 0.09, 1),
    ],
)
def test_push_up(sex, hands, sag, score):
    films = {"lateral": film("right", push_up(sag=sag), noise_px=0.5)}
    suggestion = suggest(RULES, "trunk_stability_push_up", films, variation=hands, sex=sex)
    assert (suggestion.score, suggestion.undecided) == (score, ())


@pytest.mark.parametrize(
    ("variation", "knee", "fault", "score"),
    [
        ("same_side", "right", {}, 3),
        ("diagonal", "left", {}, 2),
        ("same_side", "right", {"gap": 0.12}, 1),
        ("same_side", "right", {"trunk_turn": 16.0}, 1),
    ],
)
def test_rotary_stability(variation, knee, fault, score):
    films = {"lateral": film("right", birddog(knee=knee, **fault), noise_px=0.5)}
    suggestion = suggest(RULES, "rotary_stability", films, side="right", variation=variation)
    assert (suggestion.score, suggestion.undecided) == (score, ())


@pytest.mark.parametrize(
    ("movement", "variation", "sex"),
    [
        ("deep_squat", "sideways", ""),
        ("trunk_stability_push_up", "thumbs_at_chin", ""),
        ("trunk_stability_push_up", "thumbs_at_forehead", "female"),
        ("handstand", "standard", ""),
    ],
)
def test_what_the_rules_do_not_know_is_refused_with_what_they_do(movement, variation, sex):
    with pytest.raises(SettingsInvalid) as refusal:
        suggest(RULES, movement, {}, variation=variation, sex=sex)
    assert refusal.value.remedy


def test_damaged_rules_are_refused():
    with pytest.raises(SettingsInvalid):
        parse_rules('version = "x"')
