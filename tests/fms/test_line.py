"""A whole screening in one line, and all suggestions taken over at once."""

from __future__ import annotations

import pytest
from simulators.screened import SCORES

from edge.__main__ import main
from edge.errors import MovementUnusable, SettingsInvalid
from edge.fms.line import scored
from edge.fms.recording import read_sheet, write_sheet
from edge.fms.rules import shipped_rules
from edge.fms.sheet import Sheet, Try, add_up
from edge.fms.suggest import Judged, Suggestion

RULES = shipped_rules()
NEW = Sheet(session="s1", rules=RULES.version)
# Raw scores of the seed's example, left before right; SCORES has them by side.
LINE = [
    "deep_squat=2", "hurdle_step=2/3", "inline_lunge=2/2", "shoulder_mobility=1/3",
    "active_straight_leg_raise=3/3", "trunk_stability_push_up=2", "rotary_stability=2/2",
]  # fmt: skip
CLEARED = ["shoulder=no-pain", "spinal_extension=no-pain", "spinal_flexion=no-pain"]


def suggested(score, undecided=()):
    judged = Judged("x", "lateral", "x_deg", 1.0, 0.5, "met")
    return Suggestion(score, undecided, (), (judged,))


def test_one_line_is_the_whole_sheet_left_before_right():
    sheet = scored(NEW, [*LINE, *CLEARED], "op-1", RULES)
    assert {(t.movement, t.side): t.score for t in sheet.tries} == SCORES
    assert {t.by for t in sheet.tries} == {"op-1"}
    assert add_up(sheet, RULES).total == 14


def test_pain_scores_0_in_a_movement_on_a_side_and_in_a_clearing_test():
    sheet = scored(NEW, ["deep_squat=pain", "hurdle_step=3/pain", "shoulder=pain"], "op-1", RULES)
    finals = {line.movement: line for line in add_up(sheet, RULES).lines}
    assert finals["deep_squat"].final == 0
    assert finals["hurdle_step"].sides == {"right": 0, "left": 3}
    assert finals["shoulder_mobility"].final == 0
    assert [t.pain for t in sheet.tries] == [True, False, True]


def test_a_score_of_0_is_pain():
    assert scored(NEW, ["deep_squat=0"], "op-1", RULES).tries[0].pain


def test_a_score_confirms_the_try_that_waits_for_one_and_keeps_its_evidence():
    waiting = NEW.with_try(Try(movement="deep_squat", suggestion=suggested(3)), RULES)
    (one,) = scored(waiting, ["deep_squat=2"], "op-1", RULES).tries
    assert (one.score, one.by, one.suggestion.score) == (2, "op-1", 3)
    two = scored(scored(waiting, ["deep_squat=2"], "op-1", RULES), ["deep_squat=3"], "op-2", RULES)
    assert [t.score for t in two.tries] == [2, 3]


@pytest.mark.parametrize(
    "words",
    [
        ["deep_squat"], ["deep_squat="], ["deep_squat=4"], ["deep_squat=2/3"], ["hurdle_step=2"],
        ["hurdle_step=2/3/1"], ["hurdle_step=2/"], ["handstand=3"], ["shoulder=2"], ["=2"],
        ["deep_squat=2", "deep_squat=3"],
    ],
)  # fmt: skip
def test_what_is_no_score_is_refused_with_how_to_write_it(words):
    with pytest.raises(SettingsInvalid) as refusal:
        scored(NEW, words, "op-1", RULES)
    assert refusal.value.remedy


def test_a_fourth_try_is_refused():
    sheet = NEW
    for _ in range(3):
        sheet = scored(sheet, ["deep_squat=2"], "op-1", RULES)
    with pytest.raises(MovementUnusable):
        scored(sheet, ["deep_squat=3"], "op-1", RULES)


def test_all_suggestions_that_wait_for_nothing_are_confirmed_at_once_and_the_others_named():
    sheet = NEW
    for one in (
        Try(movement="deep_squat", suggestion=suggested(3)),
        Try(movement="hurdle_step", side="left", suggestion=suggested(2)),
        Try(movement="inline_lunge", side="left", suggestion=suggested(3, ("feet_in_line",))),
        Try(movement="rotary_stability", side="left", pain=True),
        Try(movement="trunk_stability_push_up"),
    ):
        sheet = sheet.with_try(one, RULES)
    confirmed, still_open = sheet.all_confirmed("op-1")
    assert [t.score for t in confirmed.tries] == [3, 2, None, 0, None]
    assert len(still_open) == 2
    assert "feet_in_line" in still_open[0]
    assert "trunk_stability_push_up" in still_open[1]


def test_confirming_all_leaves_a_later_try_that_was_overridden_as_it_was():
    sheet = NEW.with_try(Try(movement="deep_squat", suggestion=suggested(3)), RULES)
    sheet = sheet.with_try(Try(movement="deep_squat", suggestion=suggested(3)), RULES)
    sheet = sheet.confirmed("deep_squat", "", 1, "op-1")
    assert sheet.all_confirmed("op-2") == (sheet, ())


def test_the_commands_write_the_sheet_or_leave_it_as_it_was(tmp_path, monkeypatch, capsys):
    sheet = tmp_path / "sheet.json"

    def fms(*words):
        monkeypatch.setattr("sys.argv", ["posture-station", "fms", *map(str, words)])
        return main()

    assert fms("score", sheet, *LINE, *CLEARED, "--by", "op-1", "--session", "s9") == 0
    assert "total 14 of 21" in capsys.readouterr().out
    assert read_sheet(sheet).session == "s9"
    before = sheet.read_bytes()
    assert fms("score", sheet, "deep_squat=3", "hurdle_step=3", "--by", "op-1") == 2
    assert "left before right" in capsys.readouterr().err
    assert sheet.read_bytes() == before
    waiting = read_sheet(sheet).with_try(Try(movement="deep_squat", suggestion=suggested(3)), RULES)
    write_sheet(sheet, waiting)
    assert fms("confirm", sheet, "--by", "op-2") == 0
    assert read_sheet(sheet).tries[-1].by == "op-2"
    assert fms("confirm", sheet, "--by", "op-2", "--score", "2") == 2
