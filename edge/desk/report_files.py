"""`assess --report DIR`: a page for each person in each photograph."""

from __future__ import annotations

from pathlib import Path

from edge import __version__
from edge.desk.photographed import photographed
from edge.estimation.estimator import Estimator
from edge.exports.base import Place
from edge.norms import Who, shipped_norms
from edge.output import write_output
from edge.posture.calibration import Calibration
from edge.report.page import page
from edge.report.reported_visit import ReportedVisit
from edge.report.words import words
from edge.shown import shown
from edge.sightings.person import Person
from edge.sightings.sightings import Sighting


class ReportFiles:
    """A page for each person.

    place : where each goes, of a source and the person's number. language : en, zh, ko, ja.
    who : age and sex, as far as they were told.
    """

    def __init__(
        self,
        place: Place,
        language: str,
        estimator: Estimator,
        calibration: Calibration,
        who: Who,
    ) -> None:
        self._place = place
        self._who = who
        self._calibration = calibration
        self._words = words(language)
        self._estimator = estimator

    def add(self, sighting: Sighting) -> None:
        """Write a page for each person of the photograph. Raises OutputFailed."""
        for person in sighting.people:
            text = page(self._visit(sighting, person), shipped_norms(), self._words)
            write_output(self._place(sighting.path, person.number, None), text.encode())

    def _visit(self, sighting: Sighting, person: Person) -> ReportedVisit:
        return ReportedVisit(
            person=shown(Path(sighting.path).stem),
            screened_at=sighting.taken_at,
            station="",
            software=__version__,
            models=tuple(f"{model.name} {model.version}" for model in self._estimator.models),
            views=(photographed(person, self._calibration),),
            who=self._who,
        )
