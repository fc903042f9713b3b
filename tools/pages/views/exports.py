"""Measures as CSV, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from posture_tools.collector.report import CSV_COLUMNS, Chosen, csv_rows
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
    answer = StreamingHttpResponse(_lines(sites, station, session), content_type="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="measures.csv"'
    return answer


def _lines(sites: reading.Sites, station: str, session: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(CSV_COLUMNS)
    for site in ("",) if sites is None else sites:
        for row in csv_rows(reading.store(), Chosen(site=site, station=station, session=session)):
            yield writer.writerow(row)
