"""What the store tells: results, measures as CSV, and which station is silent since when."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from posture_tools.collector.desire import wishes
from posture_tools.collector.rollout import actual_models, model_words
from posture_tools.collector.store import Store

from edge.records import Origin
from edge.shown import csv_cell
from edge.wire.clock import Instant
from edge.wire.messages import Result, decode_result

# A station speaks at least each minute (its health); two missed and a half are no accident.
SILENT_AFTER = timedelta(seconds=150)

# What a result says of its frames; those of older stations say nothing.
_ORIGIN = "COALESCE(json_extract(CAST(body AS TEXT), '$.origin'), 'unknown')"

CSV_COLUMNS = (
    "screened_at", "clock_state", "site", "station", "epoch", "seq", "session", "kind", "view",
    "code", "value", "unit", "u95", "n", "quality", "why", "side", "definition",
    "backend", "origin",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """One result. screened_at : UTC, corrected where the station's clock was wrong."""

    screened_at: str
    received_at: str
    body_sha256: str
    body: bytes

    @property
    def result(self) -> Result:
        return decode_result(self.body)


def results(store: Store) -> Iterator[Stored]:
    """All results, by station, in the order in which they were accepted."""
    rows = store.rows(
        "SELECT screened_ns, received_at, body_sha256, body FROM screening"
        " JOIN ingest_key USING (station, epoch, seq)"
        " ORDER BY station, screened_ns, epoch, seq"
    )
    for screened_ns, received_at, body_sha256, body in rows:
        yield Stored(Instant(screened_ns, "synced", "", 0).utc, received_at, body_sha256, body)


def as_json(stored: Stored) -> dict[str, Any]:
    """The message as the station wrote it, and what the collector adds."""
    message: dict[str, Any] = json.loads(stored.body)
    return message | {
        "origin": stored.result.origin,
        "screened_at": stored.screened_at,
        "received_at": stored.received_at,
        "body_sha256": stored.body_sha256,
    }


def write_csv(store: Store, out: TextIO) -> int:
    """One row for each measure; a refused one has no value but its reasons. Returns the rows."""
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    count = 0
    for stored in results(store):
        result = stored.result
        for m in result.measures:
            row = (
                (stored.screened_at, result.t.state, result.site, result.station, result.epoch,
                 result.seq, result.session, result.kind, m.view, m.code, m.value, m.unit, m.u95,
                 m.n, m.quality, " ".join(m.why), m.side, m.definition, result.backend,
                 result.origin)
            )  # fmt: skip
            writer.writerow(csv_cell(cell) if isinstance(cell, str) else cell for cell in row)
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class StationLine:
    """One station of the fleet.

    silent_s : since its last word, None while it may be expected to speak. missing : numbers that
    later ones overtook. lost : numbers it dropped at its limit and that never came.
    models : slot -> version, where it is not the shipped one. desired : what an operator wants.
    origins : how many of the results came from where. problem : why it measures or sends nothing,
    as it said itself; empty when all is well.
    """

    site: str
    station: str
    online: bool
    seen_at: str
    silent_s: float | None
    results: int
    missing: int
    lost: int
    rejected: int
    conflicts: int
    waiting: int | None
    models: Mapping[str, str]
    desired: str
    origins: Mapping[Origin, int]
    problem: str


def fleet(store: Store, now: datetime | None = None) -> list[StationLine]:
    """Every station that was ever heard."""
    now = now or datetime.now(UTC)
    lines = []
    models, desired = actual_models(model_words(store)), wishes(store)
    for site, station, seen_at, online, health in store.rows(
        "SELECT site, station, seen_at, online, health FROM station ORDER BY site, station"
    ):
        silence = now - datetime.fromisoformat(seen_at)
        silent = not online or silence > SILENT_AFTER
        missing, lost = _holes(store, station)
        lines.append(
            StationLine(
                site=site,
                station=station,
                online=bool(online),
                seen_at=seen_at,
                silent_s=silence.total_seconds() if silent else None,
                results=_count(store, "result WHERE station = ?", station),
                missing=missing,
                lost=lost,
                rejected=_count(
                    store, "ingest_key WHERE fate = 'rejected' AND station = ?", station
                ),
                conflicts=_count(store, "ingest_conflict WHERE station = ?", station),
                waiting=json.loads(health)["waiting"] if health else None,
                models=models.get(station, {}),
                desired=str(desired.get(station, "as offered")),
                origins=_origins(store, station),
                problem=_problem(json.loads(health)) if health else "",
            )
        )
    return lines


def _count(store: Store, what: str, station: str) -> int:
    return int(store.rows(f"SELECT COUNT(*) FROM {what}", (station,))[0][0])  # noqa: S608


def _problem(health: dict[str, Any]) -> str:
    vitals = health.get("vitals", {})
    engine = str(vitals.get("engine", "runs"))
    if engine != "runs":
        return f"does not measure: {'stopped' if engine == 'well' else engine}"
    return str(vitals.get("problem") or health.get("problem", ""))


def _origins(store: Store, station: str) -> dict[Origin, int]:
    rows = store.rows(
        f"SELECT {_ORIGIN}, COUNT(*) FROM result WHERE station = ? GROUP BY 1 ORDER BY 1",  # noqa: S608
        (station,),
    )
    return dict(rows)


def _holes(store: Store, station: str) -> tuple[int, int]:
    """Numbers below the newest that never came: still missing, and dropped by the station."""
    missing = lost = 0
    for epoch, newest, come in store.rows(
        "SELECT epoch, MAX(seq), COUNT(*) FROM ingest_key WHERE station = ? GROUP BY epoch",
        (station,),
    ):
        gaps = 0
        for first, last in store.rows(
            "SELECT first, last FROM gap WHERE station = ? AND epoch = ?", (station, epoch)
        ):
            [(known,)] = store.rows(
                "SELECT COUNT(*) FROM ingest_key WHERE station = ? AND epoch = ?"
                " AND seq BETWEEN ? AND ?",
                (station, epoch, first, last),
            )
            gaps += last - first + 1 - known
        lost += gaps
        missing += newest - come - gaps
    return missing, lost
