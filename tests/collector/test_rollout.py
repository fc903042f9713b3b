"""How far a file is with each station, and what that means for the ring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from posture_tools.collector.rollout import (
    Advice,
    ModelEvent,
    Progress,
    StationProgress,
    advise,
    models_told,
    progress_of,
)

NOW = datetime(2026, 6, 5, 8, tzinfo=UTC)
FILE = "ab" * 32


def event(step: str, reason: str, ago: timedelta = timedelta(hours=1)) -> ModelEvent:
    return ModelEvent("north", "hall-1", NOW - ago, step, reason, "whole", "2.0.0", FILE)


def after(*steps: tuple[str, str]) -> StationProgress:
    events = [event(*step) for step in steps]
    [found] = progress_of([("north", "hall-1")], events, FILE, 100, NOW)
    return found


@pytest.mark.parametrize(
    ("steps", "progress"),
    [
        ([], Progress.WAITING),
        ([("decide", "not_mine")], Progress.WAITING),
        ([("download", "ok")], Progress.PROCEEDING),
        ([("download", "disk_full")], Progress.PROCEEDING),
        ([("download", "ok"), ("canary", "machine_busy")], Progress.PROCEEDING),
        ([("download", "ok"), ("canary", "wrong_answer")], Progress.REFUSED),
        ([("install", "fails_check")], Progress.REFUSED),
        ([("trial", "ok"), ("confirm", "ok")], Progress.CONFIRMED),
        ([("trial", "ok"), ("rollback", "finds_nobody")], Progress.ROLLED_BACK),
        ([("confirm", "ok"), ("rollback", "damaged_on_disk")], Progress.PROCEEDING),
    ],
)
def test_the_last_step_says_how_far_a_station_is(
    steps: Sequence[tuple[str, str]], progress: Progress
) -> None:
    assert after(*steps).progress is progress


def test_who_began_and_says_nothing_for_more_than_four_days_has_failed() -> None:
    for ago, progress in (
        (timedelta(days=4), Progress.PROCEEDING),
        (timedelta(days=4, seconds=1), Progress.SILENT),
    ):
        events = [event("download", "ok", ago), event("trial", "ok", timedelta(hours=1))]
        [found] = progress_of([("north", "hall-1")], events, FILE, 100, NOW)
        assert found.progress is progress


def test_what_serves_is_what_was_confirmed_and_not_rolled_back() -> None:
    assert after(("confirm", "ok")).actual == {"whole": "2.0.0"}
    assert after(("confirm", "ok"), ("rollback", "finds_nobody")).actual == {}
    assert models_told({"whole": "2.0.0", "close": "1.1.0"}) == "whole 2.0.0, close 1.1.0"
    assert models_told({}) == "as shipped"


def stand(**counts: int) -> list[StationProgress]:
    return [
        StationProgress("north", f"{name}-{n}", Progress[name.upper()], "", NOW, {})
        for name, count in counts.items()
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "ring", "advice"),
    [
        ({"waiting": 3}, 1, Advice(None, stopped=False, why="0 of 3 stations have ended")),
        ({"confirmed": 1, "waiting": 2}, 1,
         Advice(None, stopped=False, why="1 of 3 stations have ended")),
        ({"confirmed": 2, "waiting": 2, "outside": 90}, 1,
         Advice(10, stopped=False, why="2 stations confirmed it")),
        ({"confirmed": 3, "proceeding": 1}, 10,
         Advice(None, stopped=False, why="3 of 4 stations have ended")),
        ({"confirmed": 3}, 10, Advice(100, stopped=False, why="3 stations confirmed it")),
        ({"confirmed": 3}, 100, Advice(None, stopped=False, why="every station may take it")),
        ({"outside": 3}, 1, Advice(10, stopped=False, why="0 stations confirmed it")),
        ({"confirmed": 19, "refused": 1}, 10,
         Advice(100, stopped=False, why="19 stations confirmed it")),
        ({"confirmed": 18, "rolled_back": 1}, 10,
         Advice(0, stopped=True, why="1 of 19 stations failed")),
        ({"silent": 1}, 1, Advice(0, stopped=True, why="1 of 1 stations failed")),
    ],
)  # fmt: skip
def test_the_ring_grows_once_most_have_ended_well(
    counts: dict[str, int], ring: int, advice: Advice
) -> None:
    assert advise(stand(**counts), ring) == advice
