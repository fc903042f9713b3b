"""REST that changes something: a screening asked for or taken back, a person erased."""

from __future__ import annotations

from html import unescape
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest
from django.utils.html import strip_tags
from ninja import Path, Router, Schema, Status
from ninja.errors import HttpError, ValidationError
from posture_tools.collector import erasure
from posture_tools.pages import reading
from posture_tools.pages.api_token import Level, Problem, may
from posture_tools.pages.audit import note
from posture_tools.pages.commanding import Answered, ask, ask_screening
from posture_tools.pages.described import body_of
from posture_tools.pages.views.erasing import erased, lacks_key

from edge.errors import NOT_JSON, SettingsInvalid
from edge.wire.live import EndCommand
from edge.wire.order import Order

# Of somebody a station may be asked to screen: as `edge.wire` takes it, said to who calls too.
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]

router = Router()
_REFUSED = {403: Problem, 404: Problem, 409: Problem}


class Ordered(Schema):
    """Whom a station waits for."""

    site: str
    station: str
    code: str


class ErasedOut(Schema):
    """What is gone here. waits : stations that are told until they have proved it."""

    results: int
    sessions: int
    waits: list[str]


@router.post(
    "/stations/{site}/{station}/screenings",
    response={202: Ordered, **_REFUSED},
    openapi_extra=body_of(Order),
)
def order(request: HttpRequest, site: Level, station: Level) -> Status[dict[str, str]]:
    """Ask a station to screen who steps up next: somebody who has agreed to the text of this
    version. The token needs the right to command. 409: the station was not asked, or refuses."""
    _station(request, site, station)
    try:
        ordered = msgspec.json.decode(request.body, type=Order)
    except NOT_JSON as error:
        raise _mistake("body", str(error)) from error
    _done(ask_screening(request, (site, station), ordered))
    return Status(202, {"site": site, "station": station, "code": ordered.code})


@router.delete("/stations/{site}/{station}/screenings/{code}", response={204: None, **_REFUSED})
def take_back(request: HttpRequest, site: Level, station: Level, code: Code) -> Status[None]:
    """Let a station wait for this code no more. The token needs the right to command."""
    _station(request, site, station)
    try:
        end = msgspec.convert({"code": code}, EndCommand)
    except msgspec.ValidationError as error:
        raise _mistake("path", str(error)) from error
    _done(ask(request, (site, station), "end", end, about=code))
    return Status(204, None)


@router.delete("/people/{site}/{code}", response={200: ErasedOut, **_REFUSED})
def erase(request: HttpRequest, site: Level, code: Level) -> dict[str, Any]:
    """Erase all visits of a code: here at once, at every station as soon as it is reached. The
    token needs the right to erase. A code of which nothing has arrived yet can be erased, too."""
    token = may(request, "erase")
    if not token.sees(site) or site not in reading.known_sites():
        raise HttpError(404, "no such site")
    if lacks_key(site):
        raise HttpError(409, "the stations obey signed commands, and the pages have no key")
    note(request, "erase", site, code)
    try:
        done = erased(site, code)
    except SettingsInvalid as problem:
        raise HttpError(409, str(problem)) from problem
    waits = sorted({each.station for each in erasure.still_open(reading.store(), site)})
    return {"results": done.results, "sessions": len(done.sessions), "waits": waits}


def _station(request: HttpRequest, site: str, station: str) -> None:
    """Raises HttpError where the token may not command, or sees no such station."""
    if not may(request, "command").sees(site) or reading.station(site, station) is None:
        raise HttpError(404, "no such station")


def _done(answered: Answered) -> None:
    if answered.data is None:
        raise HttpError(409, unescape(strip_tags(answered.problem)))


def _mistake(where: str, what: str) -> ValidationError:
    return ValidationError([{"type": "value_error", "loc": [where], "msg": what}])
