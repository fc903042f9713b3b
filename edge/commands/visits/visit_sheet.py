"""`assess --visit CODE`: the photographs of one visit as one answer, and against visits before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge import __version__
from edge.cli.output import Output
from edge.commands.table import visit_table
from edge.desk.photographed import photographed
from edge.errors import SettingsInvalid
from edge.estimation.estimator import Estimator
from edge.norms import Who, shipped_norms
from edge.output import write_output
from edge.posture.calibration import Calibration
from edge.posture.landmarks import USABLE
from edge.records import Basis, View
from edge.report.findings import main_findings, placed, to_repeat
from edge.report.page import page
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.together import Combined, combined
from edge.report.trend import changes
from edge.report.visit_file import as_entry, combined_as_json, read_visit
from edge.report.words import Words
from edge.sightings.person import Person
from edge.sightings.sightings import Sighting

# In the order in which the photographs are named; - for one that was not taken.
VIEWS: tuple[View, ...] = ("front", "back", "left", "right")
NOT_TAKEN = "-"


def views_of(paths: Sequence[Path]) -> dict[Path, View]:
    """Which photograph shows which view.

    Raises
    ------
    SettingsInvalid : not one photograph for each view, or `-` in its place.
    """
    if len(paths) != len(VIEWS):
        raise SettingsInvalid(
            f"A visit has {len(VIEWS)} photographs, not {len(paths)}.",
            f"Name {', '.join(VIEWS)} in this order, {NOT_TAKEN} for one that was not taken.",
        )
    taken = {p: v for p, v in zip(paths, VIEWS, strict=True) if str(p) != NOT_TAKEN}
    if len(taken) != sum(str(path) != NOT_TAKEN for path in paths):
        raise SettingsInvalid("One photograph is named for two views.", "Name each once.")
    if not taken:
        raise SettingsInvalid("No photograph is named.", "Name at least one.")
    for path in taken:
        if path.is_dir():
            raise SettingsInvalid(f"{path} is a folder.", "Name one photograph for each view.")
    return taken


class VisitSheet:
    """Takes in the photographs of one visit and tells what they come to, once all are seen."""

    def __init__(
        self,
        code: str,
        who: Who,
        before: Sequence[Path],
        words: Words,
        *,
        estimator: Estimator,
        calibration: Calibration,
        out: Output,
    ) -> None:
        """code : opaque, of the person or the appointment. before : files of earlier visits.

        calibration : of the camera. `page_at` is where the page goes; None writes none.
        """
        self._code, self._who, self._words = code, who, words
        self._before = sorted(map(read_visit, before), key=lambda visit: visit.screened_at)
        self.page_at: Path | None = None
        self._estimator = estimator
        self._calibration = calibration
        self._out = out
        self._views: list[ReportedView] = []
        self._taken_at: list[str] = []

    def add(self, sighting: Sighting) -> None:
        """Raises SettingsInvalid for a video: a screening of one is made by `run`."""
        if sighting.time_s is not None:
            raise SettingsInvalid(
                f"{sighting.path} is a video; a visit here is of photographs.",
                "Screen the video with `run --source`, then write the collector's report.",
            )
        if not sighting.people:
            self._out.note(f"{sighting.path}: nobody found")
            return
        person = max(sighting.people, key=_height_px)
        if len(sighting.people) > 1:
            count = len(sighting.people)
            self._out.note(f"{sighting.path}: {count} people; the visit is of the tallest.")
        self._views.append(self._seen(person))
        if sighting.taken_at:
            self._taken_at.append(sighting.taken_at)

    def _seen(self, person: Person) -> ReportedView:
        accuracy = person.pose.accuracy
        basis = Basis(
            tuple(model.sha256 for model in self._estimator.models),
            "" if accuracy is None else accuracy.bodies,
            self._calibration.name,
        )
        return photographed(person, self._calibration, basis)

    def close(self) -> None:
        """The table, or an entry for machines, and the page where a folder was named."""
        visit = ReportedVisit(
            person=self._code,
            screened_at=min(self._taken_at, default=""),
            station="",
            software=__version__,
            models=tuple(f"{model.name} {model.version}" for model in self._estimator.models),
            views=tuple(self._views),
            who=self._who,
            before=tuple(self._before),
        )
        together = combined(visit)
        if self._out.as_json:
            self._out.entry(as_entry(visit) | self._told(visit, together))
        else:
            self._tell(visit, together)
        if self.page_at is not None:
            text = page(visit, shipped_norms(), self._words)
            write_output(self.page_at, text.encode())
            self._out.note(str(self.page_at))

    def _tell(self, visit: ReportedVisit, together: tuple[Combined, ...]) -> None:
        texts, norms = self._words, shipped_norms()
        self._out.table(visit_table(visit, together, norms, texts))
        self._out.line(texts("page", "findings"), style="bold")
        found = [each.text for each in main_findings(visit, together, norms, texts)]
        for line in found or [texts("page", "no_findings")]:
            self._out.line(f"  {line}")
        again = to_repeat(visit, together, texts)
        if again:
            self._out.line(texts("page", "repeat"), style="bold")
        for each in again:
            views = texts.listed(texts("views", view) for view in each.views)
            self._out.line(f"  {views}: {each.text}")

    def _told(self, visit: ReportedVisit, together: tuple[Combined, ...]) -> dict[str, Any]:
        """What the visit comes to, for machines."""
        texts, norms = self._words, shipped_norms()
        measures = []
        for one in together:
            bands, norm, absent = placed(visit, one, norms)
            entry = combined_as_json(one) | {
                "band": list(bands),
                "norm": None if norm is None else norm.source,
                "no_band": absent,
            }
            since = changes(visit, one)
            if since:
                last = since[-1].change
                entry["change"] = last._asdict()
            measures.append(entry)
        return {
            "measures": measures,
            "findings": [each._asdict() for each in main_findings(visit, together, norms, texts)],
            "repeat": [
                {"views": list(each.views), "why": each.text}
                for each in to_repeat(visit, together, texts)
            ],
        }


def _height_px(person: Person) -> float:
    seen = person.pose.keypoints[person.pose.keypoints[:, 2] >= USABLE, 1]
    return float(seen.max() - seen.min()) if len(seen) else 0.0
