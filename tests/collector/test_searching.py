"""Searches on both bodies, against a slow one that reads every result and looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import Stored, results
from posture_tools.collector.searching import Chosen
from posture_tools.collector.store import Store
from simulators.assessments import assessment

from edge.results.outbox import Outbox
from edge.wire import clock
from edge.wire.topics import Topics

DAY = datetime(2026, 5, 14, tzinfo=UTC)


@pytest.fixture
def filled(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two stations, three days, two codes; one station without a right clock until the end."""
    now, right = [DAY], [True]
    monkeypatch.setattr(clock.time, "time_ns", lambda: int(now[0].timestamp()) * 10**9)
    monkeypatch.setattr(clock, "is_disciplined", lambda: right[0])
    for station, disciplined in (("hall-1", True), ("hall-2", False)):
        with Outbox.open(
            tmp_path / f"{station}.db",
            site="north", station=station, limit_bytes=10**7, at_limit="refuse",
        ) as outbox:  # fmt: skip
            for number in range(6):
                now[0], right[0] = DAY + timedelta(hours=11 * number), disciplined
                session = f"{station}-{number // 2}"
                if number % 2 == 0:
                    told = {"session": session, "code": f"p-{number % 4 // 2}", "version": "1"}
                    outbox.accept_event("consent", told)
                outbox.accept(assessment(number, session=session))
            now[0], right[0] = DAY + timedelta(days=9), True
            outbox.accept_clock()
            topics = Topics("north", station)
            store.ingest(
                [
                    examine(Incoming(topics.message(m.channel), m.payload))
                    for m in outbox.pending(99)
                ]
            )
    return store


def slowly(store: Store, chosen: Chosen) -> list[Stored]:
    """Every result, each looked at by itself."""
    codes = {
        (site, station, session): code
        for site, station, session, code in store.rows(
            "SELECT site, station, session, code FROM visit"
        )
    }
    bands = {
        (station, epoch, seq, code, band)
        for station, epoch, seq, code, band in store.rows(
            "SELECT station, epoch, seq, code, band FROM measure"
        )
    }

    def fits(stored: Stored) -> bool:
        r, at = stored.result, datetime.fromisoformat(stored.screened_at)
        held = {b[4] for b in bands if b[:4] == (r.station, r.epoch, r.seq, chosen.measure)}
        return (
            chosen.site in ("", r.site)
            and chosen.station in ("", r.station)
            and chosen.session in ("", r.session)
            and chosen.code in ("", codes.get((r.site, r.station, r.session)))
            and (chosen.since is None or at >= chosen.since)
            and (chosen.until is None or at < chosen.until)
            and (not chosen.measure or bool(held))
            and (not chosen.band or chosen.band in held)
        )

    found = [stored for stored in results(store) if fits(stored)]
    if chosen.newest:
        found.sort(key=lambda s: (s.screened_at, s.result.station, s.result.epoch), reverse=True)
        found.sort(key=lambda s: s.screened_at, reverse=True)
    end = chosen.skip + chosen.limit if chosen.limit else None
    return found[chosen.skip : end]


def test_each_search_finds_what_looking_at_all_finds(filled: Store) -> None:
    assert len(list(results(filled))) == 12
    [(band,)] = filled.rows("SELECT MAX(band) FROM measure WHERE code = 'head_tilt'")
    count = 0
    for code, station, since, measure in product(
        ("", "p-1", "nobody"), ("", "hall-2"), (None, DAY + timedelta(hours=20)),
        ("", "head_tilt", "nothing"),
    ):  # fmt: skip
        until = since + timedelta(hours=30) if since else None
        chosen = Chosen(
            station=station, code=code, since=since, until=until, measure=measure,
            band=band if measure else "",
        )  # fmt: skip
        for each in (chosen, replace(chosen, limit=3, skip=1)):
            here, there = list(results(filled, each)), slowly(filled, each)
            assert here == there, each
            count += len(here)
        newest = [s.screened_at for s in results(filled, replace(chosen, newest=True, limit=4))]
        every = sorted((s.screened_at for s in slowly(filled, chosen)), reverse=True)
        assert newest == every[:4]
    assert count > 50, "the searches found something"


def test_a_wrong_clock_hides_nobody_from_a_day(filled: Store) -> None:
    """It was dated later, by what the station said once its clock was right."""
    undated = filled.rows("SELECT COUNT(*) FROM result WHERE clock_state <> 'synced'")
    assert 6 <= undated[0][0] < 12
    day = Chosen(station="hall-2", since=DAY, until=DAY + timedelta(days=30))
    assert len(list(results(filled, day))) == 6


def test_a_band_alone_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["list", "--store", str(tmp_path / "x.db"), "--band", "high"]
    assert main(words) == 2
    assert "--measure" in capsys.readouterr().err
