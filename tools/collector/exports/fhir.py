"""Measures as one FHIR R4 transaction bundle, written while it is read.

    CodeSystem x 2, then for each station a Device, then an Observation for each measure

Every entry is a conditional create by its identifier, so a bundle may be posted twice. A person is
an opaque identifier: no Patient is made. docs/integrate.md tells each element.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from posture_tools.collector.exports import fhir_terms as terms
from posture_tools.collector.exports.fhir_corrections import Correction, Measured
from posture_tools.collector.exports.fhir_terms import Json, required
from posture_tools.collector.intake import Key
from posture_tools.collector.searching import Chosen, chosen_keys
from posture_tools.collector.store import Store

from edge import __version__
from edge.errors import MessageRefused
from edge.records import is_length
from edge.report.words import words
from edge.wire.clock import Instant
from edge.wire.codec import decode
from edge.wire.fields import Word
from edge.wire.presence import Birth
from edge.wire.result import ByHand

_OF_KEY = "site = ? AND station = ? AND epoch = ? AND seq = ?"


@dataclass(frozen=True, slots=True)
class _Result:
    """What all measures of one result share."""

    site: str
    station: str
    epoch: str
    seq: int
    screened_at: str
    received_at: str
    session: str
    code: str
    clock_state: str
    origin: str

    @property
    def name(self) -> str:
        return f"{self.site}/{self.station}:{self.epoch}:{self.seq}"


class _Beside(msgspec.Struct, frozen=True):
    """What no column holds of a result: fields of its message, which is not read whole for them."""

    scale_by: Word = ""
    by_hand: ByHand | None = None


def bundle(store: Store, chosen: Sequence[Chosen], at: str) -> Iterator[str]:
    """The bundle's text, a piece at a time. at : now, RFC 3339.

    Raises
    ------
    StoreFailed : the store does not answer; what was yielded is no whole bundle.
    """
    kind = required("Bundle.type", "transaction")
    yield f'{{"resourceType":"Bundle","type":"{kind}","timestamp":"{at}","entry":[\n'
    separator = ""
    for entry in _entries(store, chosen):
        yield separator + json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        separator = ",\n"
    yield "\n]}\n"


def _entries(store: Store, chosen: Sequence[Chosen]) -> Iterator[Json]:
    codes = [code for (code,) in store.rows("SELECT DISTINCT code FROM measure")]
    for system in terms.code_systems(codes, __version__):
        asked = f"url={quote(system['url'], safe='')}&version={quote(__version__, safe='')}"
        yield _entry(system, system["url"], asked)
    seen = None
    for each in chosen:
        for key, screened_ns in chosen_keys(store, each):
            if key[:2] != seen:
                seen = key[:2]
                yield _identified(_device(store, *seen))
            for observation in _observations(store, key, screened_ns):
                yield _identified(observation)


def _identified(resource: Json) -> Json:
    said = resource["identifier"][0]
    asked = f"identifier={quote(said['system'] + '|' + said['value'], safe='')}"
    return _entry(resource, full_url(said["system"], said["value"]), asked)


def _entry(resource: Json, url: str, asked: str) -> Json:
    method = required("Bundle.entry.request.method", "POST")
    request = {"method": method, "url": resource["resourceType"], "ifNoneExist": asked}
    return {"fullUrl": url, "resource": resource, "request": request}


def full_url(system: str, value: str) -> str:
    """The `fullUrl` of a resource, the same in every export."""
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(system.removeprefix('urn:uuid:')), value)}"


def _identifier(system: str, value: str) -> Json:
    return {"use": required("Identifier.use", "official"), "system": system, "value": value}


def _device(store: Store, site: str, station: str) -> Json:
    """One station. Its software, as it last said itself."""
    device = {
        "resourceType": "Device",
        "identifier": [_identifier(terms.DEVICE_ID, f"{site}/{station}")],
        "status": required("Device.status", "active"),
        "manufacturer": "posture-station",
        "deviceName": [{"name": f"{site}/{station}", "type": "user-friendly-name"}],
        "type": {"text": "Posture screening station"},
    }
    for (birth,) in store.rows(
        "SELECT birth FROM station WHERE site = ? AND station = ?", (site, station)
    ):
        try:
            device["version"] = [{"value": decode(birth, Birth).sw}]
        except MessageRefused:
            break
    return device


def _observations(store: Store, key: tuple[str, str, str, int], ns: int) -> Iterator[Json]:
    about = store.rows(
        "SELECT k.received_at, r.session, COALESCE(v.code, ''), r.clock_state, r.origin"
        " FROM result r JOIN ingest_key k ON k.site = r.site AND k.station = r.station"
        " AND k.epoch = r.epoch AND k.seq = r.seq"
        " LEFT JOIN visit v ON v.site = r.site AND v.station = r.station"
        " AND v.session = r.session"
        " WHERE r.site = ? AND r.station = ? AND r.epoch = ? AND r.seq = ?",
        key,
    )
    if not about:  # erased meanwhile
        return
    received_at, *rest = about[0]
    screened_at = Instant(ns, "synced", "", 0).utc
    result = _Result(*key, screened_at, received_at, *rest)
    beside = _beside(store, key)
    correction = Correction.of_points(store, key[0], beside.by_hand)
    for row in store.rows(
        "SELECT part, code, side, view, value, unit, u95, u95_change, quality, why, definition,"  # noqa: S608
        f" band, norms FROM measure WHERE {_OF_KEY} ORDER BY part",
        key,
    ):
        measured = Measured(*row)
        observation = _observation(result, measured)
        if beside.scale_by and is_length(measured.unit):
            observation["method"]["text"] += f", length by {beside.scale_by}"
        yield observation if correction is None else correction.told(observation, measured)


def _beside(store: Store, key: tuple[str, str, str, int]) -> _Beside:
    """Nothing where the result is erased meanwhile, or nobody would take it today."""
    for body, utc_ns in store.rows(f"SELECT body, utc_ns FROM result WHERE {_OF_KEY}", key):  # noqa: S608
        with contextlib.suppress(MessageRefused):
            return decode(body or store.archived(Key(*key), utc_ns)[0], _Beside)
    return _Beside()


def _observation(result: _Result, m: Measured) -> Json:
    name = f"{result.name}:{m.part}"
    coding = {"system": terms.MEASURES, "code": m.code, "display": terms.measure_name(m.code)}
    category = {"system": terms.CATEGORY, "code": required(terms.CATEGORY, "exam")}
    observation: Json = {
        "resourceType": "Observation",
        "meta": _meta(result.origin),
        "identifier": [_identifier(terms.OBSERVATION_ID, name)],
        "status": required("Observation.status", "final"),
        "category": [{"coding": [category]}],
        "code": {"coding": [coding], "text": terms.measure_name(m.code)},
        "subject": _subject(result),
        "encounter": _logical("Encounter", terms.SESSION_ID, _session(result)),
        "effectiveDateTime": result.screened_at,
        "issued": result.received_at,
        "method": {"text": f"{m.view} view, definition {m.definition}"},
        "device": {
            "reference": full_url(terms.DEVICE_ID, f"{result.site}/{result.station}"),
            "type": "Device",
        },
    }
    if terms.knows("side", m.side):
        observation["bodySite"] = {"coding": [terms.term("side", m.side)], "text": m.side}
    if result.clock_state != "synced":
        observation["note"] = [{"text": "The station's clock was not known to be right."}]
    if m.value is None:
        observation["dataAbsentReason"] = _absent(m.why.split())
        return observation
    observation["valueQuantity"] = _quantity(m.value, m.unit)
    if said := terms.interpretations(m.band, m.quality):
        observation["interpretation"] = said
    if m.why:
        observation.setdefault("note", []).append({"text": _reasons(m.why.split())})
    if m.band:
        observation.setdefault("note", []).append({"text": f"Bands by norms {m.norms}."})
    if parts := list(_interval(m.value, m.unit, m.u95, m.u95_change)):
        observation["component"] = parts
    return observation


def _meta(origin: str) -> Json:
    """Anything but a live camera's is plain to see; what nobody was measured for is test data."""
    meta: Json = {
        "tag": [terms.term("origin", origin if terms.knows("origin", origin) else "unknown")]
    }
    if origin == "rendered":
        meta["security"] = [{"system": terms.REASON, "code": required(terms.REASON, "HTEST")}]
    return meta


def _subject(result: _Result) -> Json:
    if result.code:
        return _logical("Patient", terms.PERSON_ID, f"{result.site}/{result.code}")
    return _logical("Patient", terms.SESSION_ID, _session(result))


def _session(result: _Result) -> str:
    return f"{result.site}/{result.station}/{result.session}"


def _logical(kind: str, system: str, value: str) -> Json:
    """A reference to what this bundle does not hold."""
    return {"type": kind, "identifier": {"system": system, "value": value}}


def _quantity(value: float, unit: str) -> Json:
    return {"value": value} | terms.ucum(unit)


def _interval(
    value: float, unit: str, u95: float | None, u95_change: float | None
) -> Iterator[Json]:
    if u95 is not None:
        yield _component("u95-low", value - u95, unit)
        yield _component("u95-high", value + u95, unit)
    if u95_change is not None:
        yield _component("u95-change", u95_change, unit)


def _component(code: str, value: float, unit: str) -> Json:
    coding = terms.term("interval", code)
    return {"code": {"coding": [coding]}, "valueQuantity": _quantity(value, unit)}


def _absent(why: Sequence[str]) -> Json:
    """A view that does not show it is not the same as a measure that went wrong."""
    of_view = all(each.partition(":")[0] == "view" for each in why)
    code = required(terms.ABSENT, "not-performed" if why and of_view else "error")
    return {"coding": [{"system": terms.ABSENT, "code": code}], "text": _reasons(why)}


def _reasons(why: Sequence[str]) -> str:
    said: Any = words("en")
    return "; ".join(f"{said.reason(each)} ({each})" for each in why) or "not told"
