"""Measures for other programs: written while they are read from the store."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from posture_tools.collector.report import CSV_COLUMNS, csv_rows
from posture_tools.collector.searching import Chosen
from posture_tools.pages import reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note


class _Line:
    """What the CSV writer writes into: it hands back the line."""

    def write(self, text: str) -> str:
        return text


@needs(Right.EXPORT)
def measures(request: HttpRequest) -> HttpResponseBase:
    """Every measure of one's sites, or of one `station` or `session`."""
    station, session = (
        request.GET.get(word, "").replace("\0", "") for word in ("station", "session")
    )
    note(request, "export", about=f"{station} {session}".strip())
    return csv_answer(account_of(request).site_names(), station, session)


def csv_answer(sites: reading.Sites, station: str, session: str) -> HttpResponseBase:
    """A download that is written while it is read from the store."""
    lines = csv_lines(wanted(sites, station=station, session=session))
    return download(lines, "text/csv", "measures.csv")


def wanted(sites: reading.Sites, **asked: Any) -> tuple[Chosen, ...]:
    """What an account or a token may have of what it asks for: one choice for each site.

    asked : other fields of `Chosen`.
    """
    return tuple(Chosen(site=site, **asked) for site in (("",) if sites is None else sites))


def download(pieces: Iterable[str] | Iterable[bytes], kind: str, name: str) -> HttpResponseBase:
    """kind : the content's type. name : of the file at the reader's."""
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_lines(chosen: Iterable[Chosen]) -> Iterator[str]:
    """The head, then a line for each measure."""
    writer = csv.writer(_Line())
    yield writer.writerow(CSV_COLUMNS)
    for each in chosen:
        for row in csv_rows(reading.store(), each):
            yield writer.writerow(row)
