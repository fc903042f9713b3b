"""REST under `/api/`, for other programs: a token each, the same sites, rights and audit log.

`/api/openapi.json` describes it, for who is logged in to the pages.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Query, Schema
from ninja.errors import HttpError
from posture_tools.collector.archive.files import require_parquet
from posture_tools.collector.body import now
from posture_tools.collector.exports.fhir import bundle
from posture_tools.collector.exports.parquet import parquet_pieces
from posture_tools.collector.searching import Chosen
from posture_tools.pages import reading
from posture_tools.pages.api_acts import router
from posture_tools.pages.api_token import Level, Problem, TokenAuth, may, token_of
from posture_tools.pages.described import DescribedApi
from posture_tools.pages.views.exports import csv_lines, download, wanted
from pydantic import BeforeValidator

from edge.errors import PartMissing

Word = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]


def _written_out(said: object) -> object:
    """A number is no day, though the framework would count its seconds from 1970."""
    if isinstance(said, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
        raise ValueError("a day is written YYYY-MM-DD")
    return said


Day = Annotated[date, BeforeValidator(_written_out)]
# The store counts nanoseconds of 64 bits. Outside of these days nobody was screened.
_DAYS = date(1970, 1, 1), date(2261, 12, 31)


class Asked(Schema):
    """What is looked for; an empty word means any. since, until : days, both in."""

    code: Word = ""
    session: Word = ""
    station: Word = ""
    since: Day | None = None
    until: Day | None = None
    skip: Annotated[int, Field(ge=0, le=reading.MOST_SKIPPED)] = 0


class Paged(Schema):
    """A part of what there is. limit : how many; 0 is all."""

    limit: Annotated[int, Field(ge=0, le=reading.MOST_SKIPPED)] = 0
    skip: Annotated[int, Field(ge=0, le=reading.MOST_SKIPPED)] = 0


class Exported(Paged):
    """What is exported; an empty word means any. since, until : days, both in. limit, skip : count
    results, of each site."""

    site: Word = ""
    station: Word = ""
    session: Word = ""
    since: Day | None = None
    until: Day | None = None


class VisitOut(Schema):
    """One visit in a list."""

    site: str
    station: str
    session: str
    code: str
    screened_at: str
    results: int
    views: list[str]
    origins: list[str]


class VisitPage(Schema):
    """A page of visits. older : what to `skip` for the next page; null on the last."""

    visits: list[VisitOut]
    older: int | None


class MeasureOut(Schema):
    """One measure. value : null where it was refused, with the reasons in `why`. scale_by : what a
    length rests on; empty of everything else."""

    view: str
    code: str
    value: float | None
    unit: str
    u95: float | None
    quality: str
    why: list[str]
    side: str
    definition: str
    origin: str
    scale_by: str


class VisitDetail(VisitOut):
    """One visit with its measures."""

    software: str
    models: list[str]
    measures: list[MeasureOut]


class StationOut(Schema):
    """One station. silent_s : null while it speaks."""

    site: str
    station: str
    seen_at: str
    silent_s: float | None
    results: int
    missing: int
    lost: int
    broken: int
    rejected: int
    conflicts: int
    waiting: int | None
    models: dict[str, str]
    problem: str


api = DescribedApi(
    title="Posture station", version="1", auth=TokenAuth(), docs_url=None, urls_namespace="api",
    description="Visits, measures and stations of a collector. Measures, never pictures.",
)  # fmt: skip
api.add_router("", router)


@api.get("/visits", response={200: VisitPage})
def visits(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Visits that fit, newest first."""
    token = token_of(request)
    wanted, skip = reading.Search(**asked.dict()), asked.skip
    found = reading.visits(wanted, token.site_names())
    more = len(found) > reading.PAGE_ROWS
    return {
        "visits": [asdict(line) for line in found[: reading.PAGE_ROWS]],
        "older": skip + reading.PAGE_ROWS if more else None,
    }


@api.get(
    "/visits/{site}/{station}/{session}",
    response={200: VisitDetail, 404: Problem},
)
def visit(request: HttpRequest, site: Level, station: Level, session: Level) -> dict[str, Any]:
    """One visit with every measure, refused ones too."""
    token = token_of(request)
    if not token.sees(site):
        raise HttpError(404, "no such visit")
    line = reading.visit_line(site, station, session)
    shown = None if line is None else reading.visit(line)
    if line is None or shown is None:
        raise HttpError(404, "no such visit")
    measures = [
        {
            "view": m.view, "code": m.code, "value": m.value, "unit": m.unit, "u95": m.u95,
            "quality": str(m.quality), "why": list(m.why), "side": m.side,
            "definition": m.definition, "origin": seen.origin,
            "scale_by": seen.basis_of(m).scale_by,
        }
        for seen in shown.views
        for m in seen.measures
    ]  # fmt: skip
    of = {"software": shown.software, "models": list(shown.models), "measures": measures}
    return asdict(line) | of


@api.get("/stations", response={200: list[StationOut]})
def stations(request: HttpRequest, asked: Query[Paged]) -> list[dict[str, Any]]:
    """Every station of the token's sites, by site and name, or so many of them."""
    found = reading.stations(token_of(request).site_names())[asked.skip :]
    return [asdict(line) for line in (found[: asked.limit] if asked.limit else found)]


_EXPORTED = {403: Problem}


def _whole(media: str, what: str) -> dict[str, Any]:
    """The answer to an export, for the description."""
    schema = {"type": "string"} if media.startswith("text/") else {}
    return {"responses": {200: {"description": what, "content": {media: {"schema": schema}}}}}


@api.get(
    "/measures.csv",
    response=_EXPORTED,
    openapi_extra=_whole("text/csv", "a head, then a row for each measure"),
)
def measures(request: HttpRequest, asked: Query[Exported]) -> HttpResponseBase:
    """Every measure as CSV, a row each. The token needs the right to export."""
    chosen = _exported(request, asked)
    return download(csv_lines(chosen), "text/csv", "measures.csv")


@api.get(
    "/measures.parquet",
    response={**_EXPORTED, 501: Problem},
    openapi_extra=_whole("application/vnd.apache.parquet", "the same rows"),
)
def measures_parquet(request: HttpRequest, asked: Query[Exported]) -> HttpResponseBase:
    """The same as Parquet. 501 where this server lacks pyarrow."""
    chosen = _exported(request, asked)
    try:
        require_parquet()
    except PartMissing as problem:
        raise HttpError(501, str(problem)) from problem
    pieces = parquet_pieces(reading.store(), chosen)
    return download(pieces, "application/vnd.apache.parquet", "measures.parquet")


@api.get(
    "/measures.fhir.json",
    response=_EXPORTED,
    openapi_extra=_whole("application/fhir+json; fhirVersion=4.0", "a bundle of Observations"),
)
def measures_fhir(request: HttpRequest, asked: Query[Exported]) -> HttpResponseBase:
    """Every measure as an Observation, in one FHIR R4 transaction bundle."""
    chosen = _exported(request, asked)
    pieces = bundle(reading.store(), chosen, now())
    return download(pieces, "application/fhir+json; fhirVersion=4.0", "measures.fhir.json")


def _exported(request: HttpRequest, asked: Exported) -> tuple[Chosen, ...]:
    """What of it the token may have. Raises HttpError."""
    token = may(request, "export")
    sites = token.site_names()
    if asked.site:
        if not token.sees(asked.site):
            raise HttpError(403, "this token does not see that site")
        sites = (asked.site,)
    return wanted(
        sites,
        station=asked.station,
        session=asked.session,
        since=_midnight(asked.since),
        until=_midnight(asked.until, days=1),
        limit=asked.limit,
        skip=asked.skip,
    )


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """The moment in UTC at which a day begins, or `days` later."""
    if day is None:
        return None
    day = min(max(day, _DAYS[0]), _DAYS[1])
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=days)


def api_urls() -> tuple[list[Any], str, str]:
    """For the table of addresses. Its description is for who is logged in; all else for tokens."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if pattern.name != "openapi-json":
            pattern.callback = login_not_required(pattern.callback)
    return patterns, app, namespace
