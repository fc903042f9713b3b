"""`posture-station assess`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from edge.cli.output import Output
from edge.cli.verb import Verb, argument
from edge.commands.station_options import INTERVAL, settings_of, with_models


def run(options: Namespace, out: Output) -> int:
    from edge.commands import assess
    from edge.commands.report_files import ReportFiles
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
        out,
        overlay=options.overlay,
        csv=options.csv,
        exports=options.export,
        pages=options.report and ReportFiles(options.report, options.lang, estimator),
        interval=settings.camera.interval,
    )


VERB = Verb(
    "assess",
    "Measure everybody in photographs and videos. Each measure has its 95 % interval, or the "
    "reason why it was refused. Signs: tilt + is the person's right side higher, lean + is towards "
    "their right, sagittal + is forward.",
    example="posture-station assess photo.jpg\n"
    "posture-station assess photos/ --overlay drawn/ --csv measures.csv\n"
    "posture-station assess clip.mp4 --overlay drawn.mp4 --json > clip.json",
    run=run,
    arguments=(
        argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="PATH",
            help="A photograph, a video, or a folder of photographs.",
        ),
        argument(
            "--model",
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
            action="append",
            default=[],
            metavar=("FORMAT", "PATH"),
            help="Write keypoints as openpose (into a folder), coco or csv.",
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
    ),
    json="array",
    inputs="paths",
)
