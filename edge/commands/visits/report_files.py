"""`assess --report DIR`: a page for each person in each photograph."""

from __future__ import annotations

from pathlib import Path

from edge import __version__
from edge.errors import SettingsInvalid
from edge.estimation.estimator import Estimator
from edge.norms import UNTOLD, Who, shipped_norms
from edge.posture.calibration import Calibration
from edge.posture.landmarks import USABLE
from edge.posture.stick_figure import figure_of
from edge.records import View
from edge.report.page import page
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.words import words
from edge.sightings.person import Person
from edge.sightings.sightings import Sighting


class ReportFiles:
    """Writes `NAME.html`, and `NAME-2.html` for the second person, into a folder."""

    def __init__(
        self,
        folder: Path,
        language: str,
        estimator: Estimator,
        calibration: Calibration,
        who: Who = UNTOLD,
    ) -> None:
        self._folder = folder
        self._who = who
        self._calibration = calibration
        self._words = words(language)
        self._estimator = estimator

    def add(self, sighting: Sighting) -> None:
        """Raises SettingsInvalid for a video: a screening of one is made by `run`."""
        if sighting.time_s is not None:
            raise SettingsInvalid(
                f"{sighting.path} is a video; reports here are of photographs.",
                "Screen the video with `run --source`, then write the collector's report.",
            )
        for person in sighting.people:
            text = page(self._visit(sighting, person), shipped_norms(), self._words)
            self._folder.mkdir(parents=True, exist_ok=True)
            number = f"-{person.number}" if person.number > 1 else ""
            name = f"{Path(sighting.path).stem}{number}.html"
            (self._folder / name).write_text(text, encoding="utf-8")

    def _visit(self, sighting: Sighting, person: Person) -> ReportedVisit:
        view: View = person.measures[0].view if person.measures else "unknown"
        scores = person.pose.keypoints[:, 2]
        lowest = float(scores[scores >= USABLE].min(initial=1.0))
        seen = ReportedView(
            view, person.measures, figure_of(person.pose, self._calibration), 1, 1, lowest, "file",
            "" if person.scale is None else person.scale.by, person.hand,
        )  # fmt: skip
        return ReportedVisit(
            person=Path(sighting.path).stem,
            screened_at=sighting.taken_at,
            station="",
            software=__version__,
            models=tuple(f"{model.name} {model.version}" for model in self._estimator.models),
            views=(seen,),
            who=self._who,
        )
