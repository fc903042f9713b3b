"""The stations: who is silent, why, what each runs, and how it went."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.collector.desired import DesiredState, desired_states
from posture_tools.collector.report import StationLine
from posture_tools.pages import fleet_reading, reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.commanding import ANSWER
from posture_tools.pages.models import AuditLine
from posture_tools.pages.words import language_of, page_words

from edge.errors import SettingsInvalid
from edge.mqtt import certificates
from edge.report.words import Words

_COMMANDS = ("screen", "repeat", "end", "fms", "aim", ANSWER)
_COMMAND_ROWS = 20


@needs(Right.SEE)
def stations(request: HttpRequest) -> HttpResponse:
    """Every station of one's sites; those with trouble first."""
    return render(request, "pages/stations.html", _lines(request))


@needs(Right.SEE)
def rows(request: HttpRequest) -> HttpResponse:
    """The table alone, for the page that follows it."""
    return render(request, "pages/station_rows.html", _lines(request))


def _lines(request: HttpRequest) -> dict[str, Any]:
    lines = reading.stations(account_of(request).site_names(), briefly=True)
    lines.sort(key=lambda line: (not _trouble(line), line.station, line.site))
    page = Paginator(lines, reading.PAGE_ROWS).get_page(request.GET.get("page"))
    shown = reading.in_full(page.object_list)
    told = fleet_reading.machines(reading.store(), [(line.site, line.station) for line in shown])
    return {
        "stations": [(line, told[line.site, line.station]) for line in shown],
        "page": page,
    }


def _trouble(line: StationLine) -> bool:
    counts = (line.missing, line.lost, line.broken, line.rejected, line.conflicts)
    return bool(line.silent_s is not None or line.problem or any(counts))


@needs(Right.SEE)
def station(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """One station: everything the fleet knows of it, its days, commands and newest visits."""
    line = reading.station(site, station)
    if line is None:
        raise Http404
    found = reading.visits(reading.Search(station=station), (site,))
    store = reading.store()
    told = fleet_reading.days(store, site, station)
    lately = fleet_reading.lately(store, site, station)
    say = page_words(language_of(request))
    # of both: what was asked, and what became of it
    commands = AuditLine.objects.filter(
        site=site, what__in=_COMMANDS, about__startswith=f"{station} "
    ).order_by("-pk")[:_COMMAND_ROWS]
    context = {
        "line": line,
        "visits": found[: reading.PAGE_ROWS],
        "machine": fleet_reading.machine(store, site, station),
        "key": fleet_reading.key(store, site, station),
        "certificate": _certificate(),
        "has_days": bool(told["times"]),
        "plots": {
            "results_a_day": {"data": [told["times"], told["counts"]], "from_zero": True},
            "refused_part": {"data": [told["times"], told["refused"]], "from_zero": True},
        },
        "commands": commands,
        "wanted": _wanted(say, desired_states(store, (site, station)).get((site, station))),
        "lately": [(name, say("lately", name), plot) for name, plot in lately.plots.items()],
        "software": lately.software,
    }
    return render(request, "pages/station.html", context)


def _wanted(say: Words, state: DesiredState | None) -> str:
    """What an operator wants of its models, in words."""
    if state is None:
        return say("wanted", "offered")
    wanted = state.desired
    said = [
        *([say("wanted", "hold")] if wanted.hold else []),
        *(say("wanted", "pin", slot, sha256[:12]) for slot, sha256 in wanted.pin.items()),
        *(say("wanted", "force", sha256[:12]) for sha256 in wanted.force),
    ] or [say("wanted", "offered")]
    return say.listed(said if state.obeyed else [*said, say("wanted", "open")])


def _certificate() -> certificates.Certificate | None:
    """Certificate of the site's broker, where the pages have the folder that `site init` wrote."""
    if settings.PAGES.keys is None:
        return None
    try:
        return certificates.read(settings.PAGES.keys.parent / "broker" / "broker.pem")[0]
    except SettingsInvalid:
        return None
