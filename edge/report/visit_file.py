"""A visit as `assess --visit --json` prints it, and read again as the visit before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from edge.errors import NOT_JSON, SettingsInvalid
from edge.norms import Who
from edge.records import Basis, Measure, Origin, Quality, View
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.together import Combined
from edge.wire.order import Sex

_LARGEST_BYTES = 16 * 1024 * 1024
_Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{0,32}$")]
_Finite = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class _MeasureEntry(msgspec.Struct, frozen=True):
    code: str
    value: _Finite | None
    unit: str
    u95: _Finite | None
    n: _Finite
    quality: Quality
    why: tuple[str, ...]
    view: View
    side: Literal["left", "right", ""]
    definition: str
    u95_change: _Finite | None = None


class _ViewEntry(msgspec.Struct, frozen=True):
    view: View
    origin: Origin
    networks: tuple[str, ...]
    bodies: str
    calibration: str
    measures: tuple[_MeasureEntry, ...]
    scale_by: _Word = ""


class _VisitEntry(msgspec.Struct, frozen=True):
    visit: str
    taken_at: str
    views: tuple[_ViewEntry, ...]
    age_years: _Finite | None = None
    sex: Sex | None = None


class _OtherEntry(msgspec.Struct, frozen=True):
    visit: str | None = None


def as_entry(visit: ReportedVisit) -> dict[str, Any]:
    """The JSON entry with all that a later visit is compared with."""
    entry = _VisitEntry(
        visit.person,
        visit.screened_at,
        tuple(
            _ViewEntry(
                seen.view, seen.origin, seen.basis.networks, seen.basis.bodies,
                seen.basis.calibration, tuple(_entry_of(m) for m in seen.measures),
                seen.scale_by,
            )
            for seen in visit.views
        ),
        visit.who.age_years,
        visit.who.sex,
    )  # fmt: skip
    built: dict[str, Any] = msgspec.to_builtins(entry)
    return built


def _entry_of(m: Measure) -> _MeasureEntry:
    return _MeasureEntry(
        m.code, _rounded(m.value), m.unit, _rounded(m.u95), _rounded(m.n) or 0.0, m.quality, m.why,
        m.view, m.side, m.definition, _rounded(m.u95_change),
    )  # fmt: skip


def combined_as_json(one: Combined) -> dict[str, Any]:
    """One quantity of a visit; apart : how far two views disagree, null where they do not."""
    entry: dict[str, Any] = msgspec.to_builtins(_entry_of(one.measure))
    del entry["view"]
    return entry | {"views": list(one.views), "apart": _rounded(one.apart)}


def read_visit(path: Path) -> ReportedVisit:
    """The visit in a file that `assess --visit CODE --json` wrote.

    Raises
    ------
    SettingsInvalid : no such file, or no visit in it.
    """
    remedy = "Name what `posture-station assess --visit CODE ... --json` printed."
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise SettingsInvalid(f"{path} is too large for a visit.", remedy)
        body = path.read_bytes()
        found = [
            msgspec.json.decode(raw, type=_VisitEntry)
            for raw in msgspec.json.decode(body, type=list[msgspec.Raw])
            if msgspec.json.decode(raw, type=_OtherEntry).visit is not None
        ]
    except OSError as error:
        raise SettingsInvalid(f"{path} cannot be read: {error.strerror}.", remedy) from error
    except NOT_JSON as error:
        raise SettingsInvalid(f"{path} is no visit: {error}.", remedy) from error
    if not found:
        raise SettingsInvalid(f"There is no visit in {path}.", remedy)
    return _visit(found[-1], path)


def _visit(entry: _VisitEntry, path: Path) -> ReportedVisit:
    try:
        views = tuple(
            ReportedView(
                seen.view, tuple(_measure(m) for m in seen.measures), {}, 1, 1, 0.0, seen.origin,
                seen.scale_by,
                basis=Basis(seen.networks, seen.bodies, seen.calibration),
            )
            for seen in entry.views
        )  # fmt: skip
    except ValueError as error:  # a value without a quality that allows one
        raise SettingsInvalid(
            f"{path} was changed: {error}.", "Take the file as written."
        ) from error
    return ReportedVisit(
        entry.visit, entry.taken_at, "", "", (), views, who=Who(entry.age_years, entry.sex)
    )


def _measure(m: _MeasureEntry) -> Measure:
    return Measure(
        m.code, m.value, m.unit, m.u95, m.n, m.quality, m.why, m.view, m.side, m.definition,
        m.u95_change,
    )  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
