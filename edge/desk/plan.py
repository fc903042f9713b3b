"""Every output of `assess`: asked for, allowed, and opened, before the first picture is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from edge.desk.measure_csv import measure_csv
from edge.desk.output_names import unique_names
from edge.desk.outputs import FolderOfOutputs, Outputs
from edge.desk.report_files import ReportFiles
from edge.errors import SettingsInvalid
from edge.estimation.estimator import Estimator
from edge.exports.base import Export, Exported, Moment, Refuse
from edge.exports.formats import FORMATS, format_named, open_file, open_folder
from edge.norms import UNTOLD, Who
from edge.output import STDOUT
from edge.posture.calibration import Calibration
from edge.sightings.inputs import Input
from edge.sightings.sightings import Sighting

Take = Callable[[Sighting], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What `assess` is to write beside its tables.

    overlay : a folder; of one video an .mp4 or .gif. report : a folder. csv : a file, or `-`.
    exports : names of `edge.exports.formats`, each with a file or folder.
    language : of the report. visit : the code of one person's visit, whose report is one page;
        empty for a page a person. who : age and sex, for norms.
    mm_per_px : the size of a pixel where everybody stands, if known. scaled : whether that, or
        something about single people, may say it.
    overwrite : files that another program wrote may be replaced.
    protected : what else is read and must not be replaced.
    """

    overlay: Path | None = None
    csv: Path | None = None
    report: Path | None = None
    exports: Sequence[tuple[str, Path]] = ()
    language: str = "en"
    visit: str = ""
    who: Who = UNTOLD
    mm_per_px: float | None = None
    scaled: bool = False
    overwrite: bool = False
    protected: Sequence[Path] = ()


class Plan:
    """Every output of a run, allowed before the first picture is read.

    to_stdout : whether one of them is written to standard output. visit_page : where the page of
        a visit goes; None where none was asked for.

    Raises
    ------
    OutputRefused, SettingsInvalid, PartMissing : one of them cannot be, or must not.
    """

    def __init__(self, looked_at: Sequence[Input], asked: Asked, *, as_json: bool) -> None:
        self._asked = asked
        self._files = [one for one in looked_at if one.measurable]
        outputs = Outputs(
            [*(one.path for one in looked_at), *asked.protected], overwrite=asked.overwrite
        )
        named = unique_names([one.path for one in self._files])
        names = dict(zip((str(one.path) for one in self._files), named, strict=True))
        single = [path for path in (asked.csv, *self._single_exports()) if path is not None]
        self.to_stdout = STDOUT in single
        if self.to_stdout and as_json:
            raise SettingsInvalid(
                "--json and another output would both go to standard output.", "Name a file for it."
            )
        self._report, self.visit_page = None, None
        if asked.report is not None:
            self._refuse_videos()
        if asked.report is not None and asked.visit:
            folder = outputs.claim_folder(asked.report)
            self.visit_page = outputs.claim(folder / f"{asked.visit}.html")
        elif asked.report is not None:
            self._report = FolderOfOutputs(outputs, asked.report, names, ".html")
        self._folders = {
            (name, place): FolderOfOutputs(outputs, place, names, FORMATS[name].suffix)
            for name, place in asked.exports
            if FORMATS[name].suffix
        }
        self._overlays = self._plan_overlays(outputs, names)
        for path in single:  # after the folders: it may lie in one that is yet to be made
            outputs.claim(path)
        self._outputs = outputs

    def _single_exports(self) -> list[Path]:
        formats = [format_named(name, scaled=self._asked.scaled) for name, _ in self._asked.exports]
        both = zip(formats, self._asked.exports, strict=True)
        return [place for of, (_, place) in both if not of.suffix]

    def _refuse_videos(self) -> None:
        for one in self._files:
            if one.is_video:
                raise SettingsInvalid(
                    f"{one.path} is a video; reports here are of photographs.",
                    "Screen the video with `run --source`, then write the collector's report.",
                )

    def _plan_overlays(self, outputs: Outputs, names: dict[str, str]) -> dict[str, Path]:
        target = self._asked.overlay
        if target is None:
            return {}
        if not target.suffix or target.is_dir():
            folder = outputs.claim_folder(target)
            room_bytes = _bytes_of(self._files)
            return {
                str(one.path): outputs.claim(
                    folder / f"{names[str(one.path)]}{'.mp4' if one.is_video else '.png'}",
                    room_bytes=room_bytes,
                )
                for one in self._files
            }
        if target.suffix.lower() not in (".mp4", ".gif"):
            raise SettingsInvalid(
                f"an overlay cannot be written as {target.name}.",
                "Name a folder, an .mp4 or a .gif.",
            )
        for one in self._files:
            if not one.is_video:
                raise SettingsInvalid(f"{one.path} is no video.", "Name a folder for its overlay.")
        return {
            str(one.path): outputs.claim(target, room_bytes=_bytes_of([one])) for one in self._files
        }

    def open(
        self, stack: ExitStack, estimator: Estimator, calibration: Calibration, refuse: Refuse
    ) -> list[Take]:
        """Open everything that takes the sightings of all inputs. Raises OutputFailed.

        refuse : told of people of whom an export can write no file.
        """
        self._outputs.make_folders()
        takers: list[Take] = []
        asked = self._asked
        if asked.csv is not None:
            takers.append(stack.enter_context(measure_csv(asked.csv)))
        if self._report is not None:
            pages = ReportFiles(self._report, asked.language, estimator, calibration, asked.who)
            takers.append(pages.add)
        for name, place in asked.exports:
            folder = self._folders.get((name, place))
            opened = (
                open_file(name, place)
                if folder is None
                else open_folder(name, folder, asked.mm_per_px, refuse)
            )
            takers.append(_exporting(stack.enter_context(opened)))
        return takers

    def overlay_of(self, one: Input) -> Path | None:
        return self._overlays.get(str(one.path))


def _bytes_of(files: Sequence[Input]) -> int:
    """Size of the inputs together: a drawing of them is hardly smaller."""
    return sum(one.path.stat().st_size for one in files)


def _exporting(export: Export) -> Take:
    def take(sighting: Sighting) -> None:
        frame = sighting.frame
        if frame is None:
            return
        size_px = (frame.width_px, frame.height_px)
        time_s = sighting.time_s or 0.0
        moment = Moment(sighting.path, frame.frame_id, time_s, frame.still, size_px)
        people = {
            one.number: Exported(
                one.pose, one.measures, None if one.scale is None else one.scale.mm_per_px
            )
            for one in sighting.people
        }
        export.add(moment, people)

    return take
