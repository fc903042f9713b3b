"""What a score sheet adds up to, and how it travels."""

from __future__ import annotations

import json

import pytest
from simulators.movements import film, squat_from_the_front, squat_from_the_right
from simulators.screened import SCORES

from edge.__main__ import main
from edge.errors import MovementUnusable, SettingsInvalid
from edge.fms.outcome import assessment_of
from edge.fms.recording import write_sequence
from edge.fms.rules import shipped_rules
from edge.fms.sheet import Clearing, Sheet, Try, add_up
from edge.fms.suggest import Judged, Suggestion
from edge.records import Quality
from edge.results.outbox import Outbox
from edge.wire.codec import decode
from edge.wire.result import Result

RULES = shipped_rules()


def sheet_of(scores=SCORES, pain=()):
    clearing = tuple(Clearing(test, test in pain) for test in RULES.clearing)
    tries = tuple(
        Try(movement=movement, side=side, score=score, by="op-1")
        for (movement, side), score in scores.items()
    )
    return Sheet(session="s1", rules=RULES.version, tries=tries, clearing=clearing)


def test_seed_d1_lower_sides_add_up_to_14_and_are_flagged():
    outcome = add_up(sheet_of(), RULES)
    assert [line.final for line in outcome.lines] == [2, 2, 2, 1, 3, 2, 2]
    assert (outcome.total, outcome.flagged) == (14, True)
    asymmetric = [line.movement for line in outcome.lines if line.asymmetric]
    assert asymmetric == ["hurdle_step", "shoulder_mobility"]


def test_seed_d1_pain_in_the_shoulder_clearing_test_sets_shoulder_mobility_to_0():
    outcome = add_up(sheet_of(pain=("shoulder",)), RULES)
    assert {line.movement: line.final for line in outcome.lines}["shoulder_mobility"] == 0
    assert outcome.total == 13


def test_seed_d1_without_one_movement_there_is_no_total():
    outcome = add_up(sheet_of({k: v for k, v in SCORES.items() if k[0] != "deep_squat"}), RULES)
    assert (outcome.total, outcome.flagged) == (None, None)
    assert outcome.incomplete == ("not_done:deep_squat",)


def test_seed_d2_groups():
    assert add_up(sheet_of(), RULES).groups == {"mobility": 4, "stability": 4, "pattern": 6}


def test_15_is_not_flagged():
    assert add_up(sheet_of(SCORES | {("deep_squat", ""): 3}), RULES).flagged is False


def test_pain_in_any_try_scores_0_whatever_the_other_tries_score():
    sheet = sheet_of().with_try(Try(movement="deep_squat", pain=True), RULES)
    assert add_up(sheet, RULES).lines[0].final == 0


def test_the_best_of_three_tries_counts_and_a_fourth_is_refused():
    sheet = Sheet(session="s", rules=RULES.version)
    for score in (1, 3, 2):
        sheet = sheet.with_try(Try(movement="deep_squat", score=score, by="op"), RULES)
    assert add_up(sheet, RULES).lines[0].final == 3
    with pytest.raises(MovementUnusable):
        sheet.with_try(Try(movement="deep_squat"), RULES)


def test_a_clearing_test_that_was_not_done_leaves_the_total_open():
    sheet = sheet_of()
    sheet = Sheet(session="s", rules=RULES.version, tries=sheet.tries)
    assert "clearing_not_done:spinal_flexion" in add_up(sheet, RULES).incomplete


def suggested(score, undecided=()):
    judged = Judged("x", "lateral", "x_deg", 1.0, 0.5, "met")
    return Suggestion(score, undecided, ("lumbar_flexion",), (judged,))


def test_a_suggestion_counts_only_once_a_person_confirmed_it():
    sheet = Sheet(session="s", rules=RULES.version)
    sheet = sheet.with_try(Try(movement="deep_squat", suggestion=suggested(3)), RULES)
    assert add_up(sheet, RULES).lines[0].why == ("unconfirmed:deep_squat",)
    confirmed = sheet.confirmed("deep_squat", "", None, "op-1")
    assert add_up(confirmed, RULES).lines[0].final == 3
    overridden = sheet.confirmed("deep_squat", "", 2, "op-1")
    assert add_up(overridden, RULES).lines[0].final == 2


def test_a_suggestion_that_waits_for_the_operator_cannot_be_taken_over_unread():
    one = Try(movement="deep_squat", suggestion=suggested(3, ("heels_down",)))
    sheet = Sheet(session="s", rules=RULES.version, tries=(one,))
    with pytest.raises(MovementUnusable, match="heels_down"):
        sheet.confirmed("deep_squat", "", None, "op-1")


@pytest.mark.parametrize(("movement", "side"), [("deep_squat", "left"), ("hurdle_step", "")])
def test_sides_are_scored_where_the_movement_has_them(movement, side):
    with pytest.raises(SettingsInvalid):
        Sheet(session="s", rules=RULES.version).with_try(Try(movement=movement, side=side), RULES)


def test_a_sheet_of_other_rules_is_not_added_up():
    with pytest.raises(MovementUnusable):
        add_up(Sheet(session="s", rules="other-1"), RULES)


def test_scores_travel_as_a_result_that_the_collector_reads(tmp_path):
    box = Outbox.open(
        tmp_path / "outbox.db", site="desk", station="s1", limit_bytes=1 << 20, at_limit="refuse"
    )
    box.accept(assessment_of(sheet_of(), RULES, 1))
    (pending,) = box.pending(9)
    box.close()
    assert pending.channel == "result/fms"
    result = decode(pending.body, Result)
    scores = {m.code: m for m in result.measures}
    assert scores["fms_total"].value == 14
    assert scores["fms_hurdle_step_left"].value == 2
    assert scores["fms_total"].why == ("at_or_below_flag",)
    assert scores["fms_deep_squat"].why == ("confirmed_by:op-1",)


def test_an_open_sheet_travels_with_its_reasons():
    measures = assessment_of(Sheet(session="s", rules=RULES.version), RULES, 1).measures
    assert {m.quality for m in measures} == {Quality.REFUSED}
    assert all(m.why for m in measures)


def test_a_whole_movement_from_clips_to_the_outbox(tmp_path, monkeypatch, capsys):
    sheet, settings = tmp_path / "sheet.json", tmp_path / "station.toml"
    settings.write_text(f'state_dir = "{tmp_path}"')
    clips = {"lateral": ("right", squat_from_the_right()), "frontal": ("front", squat_from_the_front())}  # fmt: skip  # noqa: E501
    for view, (side, points) in clips.items():
        write_sequence(tmp_path / f"{view}.json", film(side, points))

    def fms(*words):
        monkeypatch.setattr("sys.argv", ["posture-station", "--settings", str(settings), "fms",
                                         *map(str, words)])  # fmt: skip
        return main()

    films = [x for view in clips for x in (f"--{view}", tmp_path / f"{view}.json")]
    assert fms("try", sheet, "deep_squat", *films) == 0
    assert "suggested 3" in capsys.readouterr().out
    assert fms("confirm", sheet, "deep_squat", "--by", "op-7") == 0
    assert fms("clear", sheet, "shoulder", "--no-pain") == 0
    capsys.readouterr()
    assert fms("show", sheet, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["sheet"]["tries"][0]["score"] == 3
    assert shown["outcome"]["total"] is None
    assert fms("send", sheet) == 0
    assert fms("try", sheet, "handstand") == 2
    assert fms("rules") == 0
