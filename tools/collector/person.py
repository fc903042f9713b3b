"""All that the store holds about one code: what a person may ask to see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from posture_tools.collector.erasing import sessions_of
from posture_tools.collector.report import Stored, results
from posture_tools.collector.searching import Chosen
from posture_tools.collector.store import Store

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.event import Event
from edge.wire.result import WireMeasure


@dataclass(frozen=True, slots=True)
class Aside:
    """A copy that was not taken in. kind : `conflict` or `dead letter`."""

    kind: str
    sha256: str
    received_at: str
    body: bytes

    @property
    def text(self) -> str:
        """Harmless to a terminal: what could not be read may hold anything."""
        return ascii(self.body.decode(errors="backslashreplace"))[1:-1]


@dataclass(frozen=True, slots=True)
class Visit:
    """One session. consent : the event's body; results : in the order of their screening."""

    session: str
    consent: bytes
    results: tuple[Stored, ...]
    aside: tuple[Aside, ...]


def visits(store: Store, site: str, code: str) -> Iterator[Visit]:
    """Oldest first, one at a time."""
    with store.transaction() as db:
        sessions = sessions_of(db, site, code)
    for session in sessions:
        consents = store.rows(
            "SELECT body FROM event JOIN visit USING (site, station, epoch, seq)"
            " WHERE site = ? AND visit.session = ? ORDER BY visit.utc_ns LIMIT 1",
            (site, session),
        )
        # an operator may have given a code to a visit whose consent the store never got
        consent = bytes(consents[0][0]) if consents else b""
        told = tuple(results(store, Chosen(site=site, session=session)))
        yield Visit(session, consent, told, _aside(store, site, session))


def _aside(store: Store, site: str, session: str) -> tuple[Aside, ...]:
    """Conflicts and dead letters that name the session: an erasure would remove them too."""
    rows = [
        row
        for table, kind in (("ingest_conflict", "conflict"), ("dead_letter", "dead letter"))
        for row in store.rows(
            f"SELECT '{kind}', body_sha256, received_at, body FROM {table}"  # noqa: S608
            " WHERE site = ? AND instr(body, ?) > 0 ORDER BY received_at",
            (site, session.encode()),
        )
    ]
    return tuple(Aside(kind, sha256, at, bytes(body)) for kind, sha256, at, body in rows)


def as_json(visit: Visit) -> dict[str, Any]:
    """A session as JSON: every byte of its bodies, and what the collector adds."""
    return {
        "session": visit.session,
        "consent": json.loads(visit.consent) if visit.consent else None,
        "results": [
            json.loads(each.body)
            | {"screened_at": each.screened_at, "received_at": each.received_at}
            for each in visit.results
        ],
        "not_taken_in": [
            {
                "kind": each.kind,
                "sha256": each.sha256,
                "received_at": each.received_at,
                "body": each.text,
            }
            for each in visit.aside
        ],
    }


def as_text(visit: Visit) -> Iterator[str]:
    """Lines that somebody without our software can read."""
    yield f"Visit {visit.session}"
    yield from _consent(visit.consent)
    for stored in visit.results:
        try:
            result = stored.result
        except MessageRefused as problem:
            yield f"  A result that cannot be read: {ascii(problem.problem)[1:-1]}"
            continue
        seen = result.quality
        yield (
            f"  {result.kind}, {result.view} view, screened at {stored.screened_at}"
            f" ({seen.frames_used} of {seen.frames_seen} frames, from {result.origin})"
        )
        for measure in result.measures:
            yield f"    {_measure(measure)}"
    for each in visit.aside:
        yield f"  Not taken in ({each.kind}), received at {each.received_at}: {each.text}"


def _consent(body: bytes) -> Iterator[str]:
    if not body:
        yield "  No consent is here"
        return
    consent = decode(body, Event)
    said = consent.data
    yield (
        f"  Consent to text {said.get('version', '?')}, by {said.get('by', '?')},"
        f" at {consent.t.utc} by the clock of {consent.station}"
    )
    for name, value in dict(said.get("inputs", {})).items():
        yield f"  Told: {name} = {value}"


def _measure(measure: WireMeasure) -> str:
    side = f" ({measure.side})" if measure.side else ""
    why = f" [{', '.join(measure.why)}]" if measure.why else ""
    if measure.value is None:
        return f"{measure.code}{side}: not measured{why}"
    spread = "" if measure.u95 is None else f" ± {measure.u95:g}"
    return f"{measure.code}{side}: {measure.value:g}{spread} {measure.unit}{why}"
