"""What the store tells: results, measures as CSV, and which station is silent since when."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TextIO, TypeVar

from posture_tools.collector.desired import desired_states
from posture_tools.collector.intake import Key
from posture_tools.collector.rollout import actual_models, model_events
from posture_tools.collector.searching import EVERYTHING, Chosen, Name, chosen_keys
from posture_tools.collector.store import Store

from edge.errors import MessageRefused
from edge.records import Origin, is_length
from edge.wire.clock import Instant
from edge.wire.codec import decode, decode_result
from edge.wire.presence import Health
from edge.wire.result import Result

log = logging.getLogger(__name__)

# A station speaks at least each minute (its health); two missed and a half are no accident.
SILENT_AFTER = timedelta(seconds=150)

_BODIES_AT_ONCE = 100
Row = TypeVar("Row")

CSV_COLUMNS = (
    "screened_at", "clock_state", "site", "station", "epoch", "seq", "session", "kind", "view",
    "code", "value", "unit", "u95", "n", "quality", "why", "side", "definition",
    "backend", "origin", "u95_change", "bodies", "calibration", "corrects", "scale_by",
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
                result.scale_by if is_length(m.unit) else "",
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


Place = tuple[str, str]  # site and station


def fleet(
    store: Store,
    now: datetime | None = None,
    place: Place | None = None,
    *,
    briefly: bool = False,
) -> list[StationLine]:
    """A line for every station that was ever heard, or for one of them alone.

    briefly : without models and what is desired, which `with_models` adds to those that are shown.
    """
    now = now or datetime.now(UTC)
    read = _Counts(store, place)
    results = read.origins()
    holes = read.holes()
    broken = read.counted("ingest_key", "link = 'broken'")
    rejected = read.counted("ingest_key", "fate = 'rejected'")
    conflicts = read.counted("ingest_conflict", "resolved = ''")
    lines = []
    for site, station, seen_at, online, health, twice_at in read.rows(
        "SELECT site, station, seen_at, online, health, twice_at FROM station", "site, station"
    ):
        at = (site, station)
        words = _health(health)
        silence = now - datetime.fromisoformat(seen_at)
        silent = not online or silence > SILENT_AFTER
        origins = results.get(at, {})
        missing, lost = holes.get(at, (0, 0))
        lines.append(
            StationLine(
                site=site,
                station=station,
                online=bool(online),
                seen_at=seen_at,
                silent_s=silence.total_seconds() if silent else None,
                results=sum(origins.values()),
                missing=missing,
                lost=lost,
                broken=broken.get(at, 0),
                rejected=rejected.get(at, 0),
                conflicts=conflicts.get(at, 0),
                waiting=words.waiting if words else None,
                models={},
                desired="",
                origins=origins,
                problem=_problem(words, twice_at),
            )
        )
    return lines if briefly else with_models(store, lines, place)


def with_models(
    store: Store, lines: Sequence[StationLine], place: Place | None = None
) -> list[StationLine]:
    """The lines with the models of their stations. place : where all of them are; None reads the
    whole fleet's at once, which is slower for a few of thousands."""
    models = actual_models(model_events(store, place, serving=True))
    desired = desired_states(store, place)
    return [
        replace(
            line,
            models=models.get((line.site, line.station), {}),
            desired=str(desired.get((line.site, line.station), "as offered")),
        )
        for line in lines
    ]


class _Counts:
    """Counts of stations, each made by one query for all of them, or for the one that is meant."""

    def __init__(self, store: Store, place: Place | None) -> None:
        self._store, self._place = store, place

    def rows(self, select: str, order: str, what: str = "1 = 1") -> list[tuple[Any, ...]]:
        there = "" if self._place is None else " AND site = ? AND station = ?"
        return self._store.rows(f"{select} WHERE {what}{there} ORDER BY {order}", self._place or ())

    def counted(self, table: str, what: str) -> dict[Place, int]:
        """How many rows of a table are so; the table has an index of the few that are."""
        found: dict[Place, int] = {}
        for site, station in self.rows(
            f"SELECT site, station FROM {table}",  # noqa: S608
            "site, station",
            what,
        ):
            found[site, station] = found.get((site, station), 0) + 1
        return found

    def origins(self) -> dict[Place, dict[Origin, int]]:
        found: dict[Place, dict[Origin, int]] = {}
        for site, station, origin, results in self.rows(
            "SELECT site, station, origin, results FROM seen_origin", "origin", "results > 0"
        ):
            found.setdefault((site, station), {})[origin] = results
        return found

    def holes(self) -> dict[Place, tuple[int, int]]:
        """Numbers below the newest that never came: still missing, and given up by the station."""
        epoch = "site, station, epoch"
        ended = {
            (site, station, name): last
            for site, station, name, last in self.rows(
                f"SELECT {epoch}, last FROM epoch_end",  # noqa: S608
                epoch,
            )
        }
        given_up: dict[tuple[str, str, str], int] = {}
        for site, station, name, first, last, known in self.rows(
            f"SELECT {epoch}, first, last, (SELECT COUNT(*) FROM ingest_key k"  # noqa: S608
            " WHERE k.site = gap.site AND k.station = gap.station AND k.epoch = gap.epoch"
            " AND k.seq BETWEEN gap.first AND gap.last) FROM gap",
            epoch,
        ):
            key = (site, station, name)
            given_up[key] = given_up.get(key, 0) + last - first + 1 - known
        found: dict[Place, tuple[int, int]] = {}
        for site, station, name, keys, newest in self.rows(
            f"SELECT {epoch}, keys, newest FROM seen_epoch",  # noqa: S608
            epoch,
        ):
            lost = given_up.get((site, station, name), 0)
            highest = max(newest, ended.get((site, station, name), 0))
            missing, gone = found.get((site, station), (0, 0))
            found[site, station] = missing + highest - keys - lost, gone + lost
        return found


def _health(body: bytes) -> Health | None:
    """The health that a station last sent; None where it sent none that can be read."""
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
    """A station's unsigned text, made safe to print: a terminal obeys nothing in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:300])
