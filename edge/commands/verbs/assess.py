"""`posture-station assess`."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from pathlib import Path

import msgspec

from edge.cli.output import Output
from edge.cli.verb import OVERWRITE, Verb, argument
from edge.commands.station_options import (
    CLOSE,
    INTERVAL,
    close_of,
    dress_of,
    settings_of,
    with_models,
)
from edge.errors import SettingsInvalid
from edge.settings import Settings
from edge.shown import quoted
from edge.wire.order import Opaque

_ALONE = 0  # in place of a person's number


def run(options: Namespace, out: Output) -> int:
    from edge.commands import assess
    from edge.commands.visits.visit_sheet import VisitSheet, views_of
    from edge.desk.plan import Asked
    from edge.estimation.estimator import Estimator
    from edge.estimation.factory import estimator_for
    from edge.inference.opencv_threads import leave_cores_to_networks
    from edge.markers.asked import with_markers
    from edge.norms import Who
    from edge.posture.calibration import LEVEL
    from edge.posture.clothing import Dress
    from edge.report.words import words
    from edge.screening.stored import read_calibration
    from edge.sightings.person import Told
    from edge.sightings.points_file import read_points

    if options.fast and options.close:
        raise SettingsInvalid("--fast and --close contradict each other.", "Give one of them.")
    if options.visit is None and options.before:
        raise SettingsInvalid("--before compares visits.", "Name this one's code with --visit.")
    settings = with_models(settings_of(options), options.model, options.detector, close_of(options))
    leave_cores_to_networks()
    estimator: Estimator = with_markers(estimator_for(settings.models), options.markers)
    points = read_points(options.points) if options.points else None
    statures_mm = dict(options.stature_mm)
    told = Told(
        calibration=(
            read_calibration(options.calibration).calibration if options.calibration else LEVEL
        ),
        stature_mm=statures_mm.pop(_ALONE, None),
        statures_mm=statures_mm,
        view=options.view,
        dress=Dress(*dress_of(options.clothing)),
        points=points,
        least_stature_px=settings.screening.least_stature_px,
    )
    paths = options.paths or ([] if points is None else points.photographs)
    if not paths:
        raise SettingsInvalid("No photograph or video is named.", "Name one, or a folder.")
    who = Who(options.age, options.sex)
    views, visit = None, None
    if options.visit is not None:
        views = views_of(paths)
        paths = list(views)
        visit = VisitSheet(
            options.visit, who, options.before, words(options.lang),
            estimator=estimator, calibration=told.calibration, out=out,
        )  # fmt: skip
    return assess.run(
        paths,
        estimator,
        Asked(
            overlay=options.overlay,
            csv=options.csv,
            report=options.report,
            visit=options.visit or "",
            who=who,
            exports=[(name, Path(place)) for name, place in options.export],
            language=options.lang,
            mm_per_px=(everywhere := options.mm_per_px or told.calibration.mm_per_px),
            scaled=bool(everywhere or options.stature_mm or options.markers),
            overwrite=options.overwrite,
            protected=_files_read(settings, options),
        ),
        out,
        told,
        interval=settings.camera.interval,
        recursive=options.recursive,
        views=views,
        visit=visit,
    )


def _files_read(settings: Settings, options: Namespace) -> list[Path]:
    """Files that are read beside the pictures; no output may replace them."""
    models = settings.models
    named = f"{models.single}+{models.finder}+{models.whole}+{models.close}".split("+")
    files = (options.settings, options.calibration, options.points, *options.before)
    return [*(Path(name) for name in named if name), *(file for file in files if file)]


def _code(text: str) -> str:
    try:
        checked: str = msgspec.convert(text, Opaque)
        return checked
    except msgspec.ValidationError as error:
        raise ArgumentTypeError(
            f"{text!r} is no code of letters, digits, point, line and dash, 64 at most"
        ) from error


def _age(text: str) -> float:
    try:
        age_years = float(text)
    except ValueError:
        age_years = -1.0
    if not 0.0 <= age_years <= 120.0:
        raise ArgumentTypeError(f"{text} is no age from 0 to 120 years")
    return age_years


def _scale(text: str) -> float:
    return _within(text, 0.01, 100.0, "size")


def _stature_mm(text: str) -> tuple[int, float]:
    """`1720` of whoever is alone; `2=1720` of the second person."""
    number, given, mm = text.rpartition("=")
    if given and not (number.isascii() and number.isdecimal() and int(number) > _ALONE):
        raise ArgumentTypeError(f"{quoted(text)} names no person: 2=1720 is the second one's")
    return int(number or _ALONE), _within(mm, 500.0, 2500.0, "stature")


def _within(text: str, least_mm: float, most_mm: float, what: str) -> float:
    try:
        mm = float(text)
    except ValueError:
        mm = 0.0
    if not least_mm <= mm <= most_mm:
        raise ArgumentTypeError(f"{text} is no {what} from {least_mm:g} to {most_mm:g} mm")
    return mm


VERB = Verb(
    "assess",
    "Measure everybody in photographs and videos. Each measure has its 95 % interval, or the "
    "reason why it was refused. Signs: tilt + is the person's right side higher, lean + is towards "
    "their right, sagittal + is forward.",
    example="posture-station assess photo.jpg\n"
    "posture-station assess photos/ --overlay drawn/ --csv measures.csv\n"
    "posture-station assess clip.mp4 --overlay drawn.mp4 --json > clip.json\n"
    "posture-station assess photo.jpg --stature-mm 1720 --markers front\n"
    "posture-station assess photo.jpg --json > points.json   # edit `points` and `points_by`\n"
    "posture-station assess --points points.json\n"
    "posture-station assess --visit p-17 front.jpg back.jpg left.jpg - --age 34 --sex female\n"
    "posture-station assess --visit p-17 f.jpg b.jpg l.jpg r.jpg --before spring.json",
    run=run,
    measures=True,
    arguments=(
        argument(
            "paths",
            nargs="*",
            type=Path,
            metavar="PATH",
            help="A photograph, a video, or a folder of them. With --points alone those that the "
            "file names.",
        ),
        argument(
            "--model",
            type=str,
            metavar="FILE",
            help="Use this model. FIRST+LATER names a cascade of several.",
        ),
        argument(
            "--detector",
            type=Path,
            metavar="FILE",
            help="Find people with this model, and their keypoints with the other.",
        ),
        CLOSE,
        argument(
            "--fast",
            action="store_true",
            help="Look once at each person: no closer look.",
        ),
        argument(
            "--view",
            choices=("front", "back", "left", "right"),
            help="Everybody is seen from here: from the front, from behind, or with this side "
            "towards the camera. Whoever visibly is not has no measures. Default: it is told "
            "from the picture.",
        ),
        argument(
            "--clothing",
            metavar="UPPER[/LOWER]",
            help="What people wear above and below the waist: bare, tight or loose. What is not "
            "told counts as loose, whose intervals are the widest.",
        ),
        argument(
            "--visit",
            type=_code,
            metavar="CODE",
            help="The pictures are four photographs of this person: front, back, left and right, "
            "in this order, - for one that was not taken. They give one answer: a number for each "
            "measure, three findings, and what to repeat.",
        ),
        argument(
            "--before",
            action="append",
            default=[],
            type=Path,
            metavar="FILE.json",
            help="Compare with an earlier visit, as --visit and --json printed it. May be given "
            "several times.",
        ),
        argument("--age", type=_age, metavar="YEARS", help="The person's age, for norms."),
        argument("--sex", choices=("female", "male"), help="The person's sex, for norms."),
        argument(
            "--overlay",
            type=Path,
            metavar="PATH",
            help="Draw skeletons into this folder, or of a video into this .mp4 or .gif.",
        ),
        argument("--csv", type=Path, metavar="FILE", help="Write a row for each measure."),
        argument(
            "--export",
            nargs=2,
            type=str,
            action="append",
            default=[],
            metavar=("FORMAT", "PATH"),
            help="Write keypoints as coco or csv, a file; as openpose, trc, mot or c3d into a "
            "folder.",
        ),
        argument(
            "--mm-per-px",
            type=_scale,
            metavar="MM",
            help="The size of a pixel where everybody stands, for trc and c3d. Default: that of "
            "the calibration, else of each person by stickers or stature.",
        ),
        argument(
            "--report",
            type=Path,
            metavar="DIR",
            help="Write a page for each person in each photograph into this folder; one for a "
            "whole --visit.",
        ),
        argument(
            "--lang",
            default="en",
            metavar="LANG",
            help="Write the page in this language: en, zh, ko or ja.",
        ),
        argument(
            "--markers",
            action="append",
            default=[],
            metavar="VIEW|#RRGGBB",
            help="Measure by printed stickers: front, side or back; or the spine by half balls of "
            "this colour. May be given several times.",
        ),
        argument(
            "--stature-mm",
            type=_stature_mm,
            action="append",
            default=[],
            metavar="[NUMBER=]MM",
            help="The stature of the person: lengths are then in mm. Of several people give each, "
            "by the number in the tables: 1=1720. Who has none has no lengths.",
        ),
        argument(
            "--calibration",
            type=Path,
            metavar="FILE",
            help="Measure with the lens, the level and the scale of this calibration.toml, which "
            "`posture-station calibrate` keeps.",
        ),
        argument(
            "--points",
            type=Path,
            metavar="FILE",
            help="Take the points set by hand in this file: what --json printed, with places under "
            "`points` changed, and a code in `points_by`. What was found stays in `keypoints`.",
        ),
        INTERVAL,
        argument("--recursive", action="store_true", help="Look into subfolders of folders, too."),
        OVERWRITE,
    ),
    json="array",
    inputs="paths",
)
