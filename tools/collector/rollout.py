"""The way of a model or release through the fleet: how far each station is, and when to stop.

Stations tell every step of an update as an `event/model`. A file goes to 1 %, then 10 %, then all
of them; too many failures stop it, and a station that falls silent in the middle counts as one.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from posture_tools.collector.store import Store

from edge.wire.bucket import bucket
from edge.wire.slots import slot_of

STAGES = (1, 10, 100)
MOST_FAILURES = 0.05
# A trial waits for people: over a long weekend nobody may come.
TIMEOUT = timedelta(days=4)


class Progress(enum.StrEnum):
    OUTSIDE = "outside"  # the ring does not reach it
    WAITING = "waiting"  # it may take the file and has not begun
    PROCEEDING = "proceeding"  # between download and confirmation
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # never served
    ROLLED_BACK = "rolled back"
    SILENT = "silent"  # began, and did not end in time


FAILURES = (Progress.REFUSED, Progress.ROLLED_BACK, Progress.SILENT)


Place = tuple[str, str]  # site and station


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One `event/model` of a station, in the order in which it was committed."""

    site: str
    station: str
    received_at: datetime
    step: str
    reason: str
    slot: str
    version: str
    sha256: str

    @property
    def place(self) -> Place:
        return self.site, self.station


@dataclass(frozen=True, slots=True)
class StationProgress:
    """One station and the file. actual : slot -> version, as last confirmed; shipped if none."""

    site: str
    station: str
    progress: Progress
    reason: str
    since: datetime | None
    actual: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with the ring now. ring : the one to publish, None to leave it."""

    ring: int | None
    stopped: bool
    why: str


_SERVES = ("confirm", "rollback", "slots_damaged")  # words of what changes which model serves


def model_events(
    store: Store, place: Place | None = None, *, serving: bool = False
) -> list[ModelEvent]:
    """Every event about a model or a release that the stations have sent, or one of them.

    serving : leave out what `actual_models` does not ask for, which is most of it.
    """
    words = [word.encode() for word in _SERVES] if serving else []
    only = f" AND ({' OR '.join(['instr(event.body, ?) > 0'] * len(words))})" if words else ""
    events = []
    for site, station, received_at, body in store.rows(
        "SELECT event.site, event.station, received_at, event.body FROM event"  # noqa: S608
        " JOIN ingest_key USING (site, station, epoch, seq) WHERE kind IN ('model', 'software')"
        f"{' AND event.site = ? AND event.station = ?' if place else ''}{only}"
        " ORDER BY event.site, event.station,"
        # by sequence, and epochs as they came: the station's clock may have jumped
        " (SELECT first.received_at FROM ingest_key AS first WHERE first.site = event.site"
        "  AND first.station = event.station AND first.epoch = event.epoch"
        "  ORDER BY first.seq LIMIT 1), seq",
        (*(place or ()), *words),
    ):
        data = json.loads(body)["data"]
        said = {key: str(data.get(key, "")) for key in ("slot", "version", "sha256")}
        said["slot"] = slot_of(said["slot"]) if said["slot"] else "software"
        events.append(
            ModelEvent(
                site, station, datetime.fromisoformat(received_at), str(data.get("step", "")),
                str(data.get("reason", "")), **said,
            )
        )  # fmt: skip
    return events


def stations(store: Store) -> list[Place]:
    """Every station that was ever heard."""
    rows = store.rows("SELECT site, station FROM station ORDER BY site, station")
    return [(str(site), str(station)) for site, station in rows]


def actual_models(events: Iterable[ModelEvent]) -> dict[Place, dict[str, str]]:
    """Site and station -> slot -> version that serves; a slot without one serves as shipped."""
    confirmed: dict[tuple[Place, str], list[ModelEvent]] = {}
    for event in events:
        history = confirmed.setdefault((event.place, event.slot), [])
        if event.step == "confirm":
            history.append(event)
        elif event.step == "rollback" and history and history[-1].sha256 == event.sha256:
            # The one before serves again; of what lies further back the station keeps nothing.
            confirmed[event.place, event.slot] = history[-2:-1]
        elif event.reason == "slots_damaged":
            for place, slot in confirmed:
                if place == event.place:
                    confirmed[place, slot] = []
    actual: dict[Place, dict[str, str]] = {}
    for (place, slot), history in confirmed.items():
        if history:
            actual.setdefault(place, {})[slot] = history[-1].version
    return actual


def models_told(actual: Mapping[str, str]) -> str:
    """A station's models in events, of slot -> version."""
    return ", ".join(f"{slot} {version}" for slot, version in actual.items()) or "as shipped"


def progress_of(
    places: Iterable[Place],
    events: Iterable[ModelEvent],
    sha256: str,
    ring: int,
    now: datetime | None = None,
) -> list[StationProgress]:
    """How far each station is with a file that `ring` percent of them may take.

    places : the stations. events : what they said of models. sha256 : of the file.
    now : what counts as the present.
    """
    now, events = now or datetime.now(UTC), list(events)
    actual = actual_models(events)
    found: dict[Place, StationProgress] = {}
    for site, station in places:
        inside = bucket(station, sha256) < ring
        start = Progress.WAITING if inside else Progress.OUTSIDE
        serves = actual.get((site, station), {})
        found[site, station] = StationProgress(site, station, start, "", None, serves)
    for event in events:
        if event.place in found and event.sha256 == sha256:
            found[event.place] = _after(found[event.place], event)
    return [_timed_out(each, now) for each in found.values()]


def _after(before: StationProgress, event: ModelEvent) -> StationProgress:
    progress = _meaning(event)
    if progress is None:
        return before
    since = before.since if progress is before.progress else event.received_at
    return replace(before, progress=progress, reason=event.reason, since=since)


def _meaning(event: ModelEvent) -> Progress | None:
    match event.step, event.reason:
        case "confirm", _:
            return Progress.CONFIRMED
        case "rollback", "damaged_on_disk":  # its disk is to blame; it fetches the file again
            return Progress.PROCEEDING
        case "rollback", _:
            return Progress.ROLLED_BACK
        case "decide", reason if reason != "ok":
            return None  # passed over
        case _, "ok":
            return Progress.PROCEEDING
        case "canary", reason if reason != "machine_busy":
            return Progress.REFUSED
        case "install", "does_not_install" | "fails_check":
            return Progress.REFUSED
        case _:
            return Progress.PROCEEDING  # delayed; it tries again


def _timed_out(each: StationProgress, now: datetime) -> StationProgress:
    if each.progress is Progress.PROCEEDING and each.since and now - each.since > TIMEOUT:
        return replace(each, progress=Progress.SILENT)
    return each


def advise(progress: Iterable[StationProgress], ring: int) -> Advice:
    """Whether the ring may grow, must wait, or the roll-out is over.

    A station that never began (switched off, without network) does not hold up the others for
    ever, but while nobody has confirmed, or more have still to end than have ended, it waits.
    """
    counts = dict.fromkeys(Progress, 0)
    for each in progress:
        counts[each.progress] += 1
    failed = sum(counts[failure] for failure in FAILURES)
    ended = failed + counts[Progress.CONFIRMED]
    if failed > MOST_FAILURES * ended:
        return Advice(0, stopped=True, why=f"{failed} of {ended} stations failed")
    inside = ended + counts[Progress.WAITING] + counts[Progress.PROCEEDING]
    if inside and (ended == 0 or ended * 2 < inside or counts[Progress.PROCEEDING]):
        return Advice(None, stopped=False, why=f"{ended} of {inside} stations have ended")
    larger = next((stage for stage in STAGES if stage > ring), None)
    if larger is None:
        return Advice(None, stopped=False, why="every station may take it")
    return Advice(larger, stopped=False, why=f"{counts[Progress.CONFIRMED]} stations confirmed it")
