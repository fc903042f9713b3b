"""`posture-station assess`."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from edge.cli.output import Output
from edge.cli.verb import OVERWRITE, Verb, argument
from edge.commands.station_options import INTERVAL, settings_of, with_models
from edge.settings import Settings


def run(options: Namespace, out: Output) -> int:
    from edge.commands import assess
    from edge.desk.plan import Asked
    from edge.estimation.estimator import Estimator
    from edge.estimation.factory import estimator_for
    from edge.inference.opencv_threads import leave_cores_to_networks
    from edge.markers.asked import with_markers

    settings = with_models(settings_of(options), options.model, options.detector)
    leave_cores_to_networks()
    estimator: Estimator = with_markers(estimator_for(settings.models), options.markers)
    return assess.run(
        options.paths,
        estimator,
        Asked(
            overlay=options.overlay,
            csv=options.csv,
            report=options.report,
            exports=[(name, Path(place)) for name, place in options.export],
            language=options.lang,
            mm_per_px=options.mm_per_px,
            overwrite=options.overwrite,
            protected=_files_read(settings, options.settings),
        ),
        out,
        interval=settings.camera.interval,
        recursive=options.recursive,
    )


def _files_read(settings: Settings, file: Path | None) -> list[Path]:
    """What is read beside pictures: nothing may be written over it."""
    models = settings.models
    named = f"{models.single}+{models.finder}+{models.refiner}+{models.spine}".split("+")
    return [*(Path(name) for name in named if name), *([file] if file else [])]


def _scale(text: str) -> float:
    try:
        mm = float(text)
    except ValueError:
        mm = 0.0
    if not 0.01 <= mm <= 100.0:
        raise argparse.ArgumentTypeError(f"{text} is no size from 0.01 to 100 mm")
    return mm


VERB = Verb(
    "assess",
    "Measure everybody in photographs and videos. Each measure has its 95 % interval, or the "
    "reason why it was refused. Signs: tilt + is the person's right side higher, lean + is towards "
    "their right, sagittal + is forward.",
    example="posture-station assess photo.jpg\n"
    "posture-station assess photos/ --overlay drawn/ --csv measures.csv\n"
    "posture-station assess clip.mp4 --overlay drawn.mp4 --json > clip.json",
    run=run,
    measures=True,
    arguments=(
        argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="PATH",
            help="A photograph, a video, or a folder of them.",
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
            help="The size of a pixel where people stand, which trc and c3d need.",
        ),
        argument(
            "--report",
            type=Path,
            metavar="DIR",
            help="Write a page for each person in each photograph into this folder.",
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
        INTERVAL,
        argument("--recursive", action="store_true", help="Look into subfolders of folders, too."),
        OVERWRITE,
    ),
    json="array",
    inputs="paths",
)
