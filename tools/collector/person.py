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
from edge.wire.messages import Event, WireMeasure, decode


@dataclass(frozen=True, slots=True)
class Visit:
    """One session. consent : the event's body; results : in the order of their screening."""

    session: str
    consent: bytes
    results: tuple[Stored, ...]


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
        yield Visit(session, consent, tuple(results(store, Chosen(site=site, session=session))))


def as_json(visit: Visit) -> dict[str, Any]:
    """Every byte of the bodies, and what the collector adds."""
    return {
        "session": visit.session,
        "consent": json.loads(visit.consent) if visit.consent else None,
        "results": [
            json.loads(each.body)
            | {"screened_at": each.screened_at, "received_at": each.received_at}
            for each in visit.results
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
