"""What the store tells: results, measures as CSV, and which station is silent since when."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TextIO, TypeVar

from posture_tools.collector.desired import desired_states
from posture_tools.collector.intake import Key
from posture_tools.collector.rollout import actual_models, model_events
from posture_tools.collector.searching import EVERYTHING, Chosen, Name, chosen_keys
from posture_tools.collector.store import Store

from edge.errors import MessageRefused
from edge.records import Origin
from edge.wire.clock import Instant
from edge.wire.messages import Health, Result, decode, decode_result

log = logging.getLogger(__name__)

# A station speaks at least each minute (its health); two missed and a half are no accident.
SILENT_AFTER = timedelta(seconds=150)

_BODIES_AT_ONCE = 100
Row = TypeVar("Row")

CSV_COLUMNS = (
    "screened_at", "clock_state", "site", "station", "epoch", "seq", "session", "kind", "view",
    "code", "value", "unit", "u95", "n", "quality", "why", "side", "definition",
    "backend", "origin", "u95_change", "bodies", "calibration", "corrects",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """One result. screened_at : UTC, corrected where the station's clock was wrong."""

    screened_at: str
    received_at: str
    body_sha256: str
    body: bytes
    seal: bytes

    @property
    def result(self) -> Result:
        return decode_result(self.body)


def results(store: Store, chosen: Chosen = EVERYTHING) -> Iterator[Stored]:
    """Results in the order of `chosen_keys`. Only the order of all is held, never their bodies.
    Raises StoreUnusable where a file of an archived month is gone."""
    for page in batched(chosen_keys(store, chosen), _BODIES_AT_ONCE):
        found = _bodies(store, [key for key, _ in page])
        for key, screened_ns in page:
            if key not in found:
                continue  # erased meanwhile
            received_at, body_sha256, body, seal, utc_ns = found[key]
            whole = (body, seal) if body else store.archived(Key(*key), utc_ns)
            screened_at = Instant(screened_ns, "synced", "", 0).utc
            yield Stored(screened_at, received_at, body_sha256, *whole)


def batched(rows: Iterable[Row], count: int) -> Iterator[list[Row]]:
    """Lists of so many, and what is left (itertools has it from Python 3.12 on)."""
    every = iter(rows)
    while page := list(islice(every, count)):
        yield page


def _bodies(store: Store, keys: Sequence[Name]) -> dict[Name, tuple[Any, ...]]:
    """Received when, hash, body, seal and date of each that is still there."""
    marks = ", ".join(["(?, ?, ?, CAST(? AS BIGINT))"] * len(keys))
    rows = store.rows(
        f"WITH meant(site, station, epoch, seq) AS (VALUES {marks})"  # noqa: S608
        " SELECT site, station, epoch, seq, received_at, body_sha256, body, seal, utc_ns FROM meant"
        " JOIN result USING (site, station, epoch, seq)"
        " JOIN ingest_key USING (site, station, epoch, seq)",
        [value for key in keys for value in key],
    )
    return {(site, station, epoch, seq): tuple(rest) for site, station, epoch, seq, *rest in rows}


def as_json(stored: Stored) -> dict[str, Any]:
    """The message as the station wrote it, and what the collector adds."""
    message: dict[str, Any] = json.loads(stored.body)
    seal = json.loads(stored.seal) if stored.seal else None
    return message | {
        "origin": message.get("origin", "unknown"),
        "seal": seal,
        "screened_at": stored.screened_at,
        "received_at": stored.received_at,
        "body_sha256": stored.body_sha256,
    }


def write_csv(store: Store, out: TextIO, chosen: Chosen = EVERYTHING) -> int:
    """A head and the rows of `csv_rows`. Returns how many."""
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    count = 0
    for row in csv_rows(store, chosen):
        writer.writerow(row)
        count += 1
    return count


def csv_rows(store: Store, chosen: Chosen = EVERYTHING) -> Iterator[list[object]]:
    """`measure_lines`, as a spreadsheet may read them."""
    for line in measure_lines(store, chosen):
        yield [_harmless(cell) for cell in line]


def measure_lines(store: Store, chosen: Chosen = EVERYTHING) -> Iterator[Sequence[object]]:
    """One row for each measure, as CSV_COLUMNS; a refused one has no value but its reasons."""
    for stored in results(store, chosen):
        try:
            result = stored.result
        except MessageRefused as problem:  # an older collector took what this one would not
            log.warning("left out, sha256 %s: %s", stored.body_sha256, ascii(problem.problem))
            continue
        for m in result.measures:
            yield (
                stored.screened_at, result.t.state, result.site, result.station, result.epoch,
                result.seq, result.session, result.kind, m.view, m.code, m.value, m.unit, m.u95,
                m.n, str(m.quality), " ".join(m.why), m.side, m.definition, result.backend,
                result.origin, m.u95_change, result.bodies, result.calibration,
                result.by_hand.corrects if result.by_hand is not None else "",
            )  # fmt: skip


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would carry out as a formula, with a quote before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


@dataclass(frozen=True, slots=True)
class StationLine:
    """One station of the fleet.

    silent_s : since its last word, None while it may be expected to speak. missing : numbers that
    later ones overtook. lost : numbers it dropped at its limit and that never came.
    broken : breaks in its hash chain. conflicts : second bodies that a person should look at.
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
    broken: int
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
    models, desired = actual_models(model_events(store)), desired_states(store)
    for site, station, seen_at, online, health, twice_at in store.rows(
        "SELECT site, station, seen_at, online, health, twice_at FROM station"
        " ORDER BY site, station"
    ):
        words = _health(health)
        silence = now - datetime.fromisoformat(seen_at)
        silent = not online or silence > SILENT_AFTER
        missing, lost = _holes(store, site, station)
        place = (site, station)
        lines.append(
            StationLine(
                site=site,
                station=station,
                online=bool(online),
                seen_at=seen_at,
                silent_s=silence.total_seconds() if silent else None,
                results=_count(store, "result", "1 = 1", place),
                missing=missing,
                lost=lost,
                broken=_count(store, "ingest_key", "link = 'broken'", place),
                rejected=_count(store, "ingest_key", "fate = 'rejected'", place),
                conflicts=_count(store, "ingest_conflict", "resolved = ''", place),
                waiting=words.waiting if words else None,
                models=models.get(place, {}),
                desired=str(desired.get(place, "as offered")),
                origins=_origins(store, place),
                problem=_problem(words, twice_at),
            )
        )
    return lines


def _health(body: bytes) -> Health | None:
    """As the station last said; None where it did not, or said something else."""
    try:
        return decode(body, Health)
    except MessageRefused:
        return None


def _problem(health: Health | None, twice_at: str) -> str:
    if twice_at:
        return f"two of it were online at {twice_at}: was its card copied?"
    if health is None:
        return ""
    engine = str(health.vitals.get("engine", "runs"))
    if engine != "runs":
        return f"does not measure: {'stopped' if engine == 'well' else _shown(engine)}"
    return _shown(str(health.vitals.get("problem") or health.problem))


def _shown(text: str) -> str:
    """A word that nobody signed, without what moves a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:300])


def _origins(store: Store, place: tuple[str, str]) -> dict[Origin, int]:
    return dict(
        store.rows(
            "SELECT origin, COUNT(*) FROM result WHERE site = ? AND station = ?"
            " GROUP BY origin ORDER BY origin",
            place,
        )
    )


def _count(store: Store, table: str, what: str, place: tuple[str, str]) -> int:
    sql = f"SELECT COUNT(*) FROM {table} WHERE site = ? AND station = ? AND {what}"  # noqa: S608
    return int(store.rows(sql, place)[0][0])


def _holes(store: Store, site: str, station: str) -> tuple[int, int]:
    """Numbers below the newest that never came: still missing, and given up by the station."""
    missing = lost = 0
    ended = dict(
        store.rows(
            "SELECT epoch, last FROM epoch_end WHERE site = ? AND station = ?", (site, station)
        )
    )
    for epoch, highest, come in store.rows(
        "SELECT epoch, MAX(seq), COUNT(*) FROM ingest_key WHERE site = ? AND station = ?"
        " GROUP BY epoch",
        (site, station),
    ):
        newest = max(highest, ended.get(epoch, 0))
        gaps = 0
        for first, last in store.rows(
            "SELECT first, last FROM gap WHERE site = ? AND station = ? AND epoch = ?",
            (site, station, epoch),
        ):
            [(known,)] = store.rows(
                "SELECT COUNT(*) FROM ingest_key WHERE site = ? AND station = ? AND epoch = ?"
                " AND seq BETWEEN ? AND ?",
                (site, station, epoch, first, last),
            )
            gaps += last - first + 1 - known
        lost += gaps
        missing += newest - come - gaps
    return missing, lost
