"""The command line of the station."""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from rich.console import Console

from edge import __version__
from edge.commands.calibrate_arguments import add_calibrate
from edge.commands.fms_arguments import add_fms
from edge.commands.pipe import ends_with_its_reader
from edge.errors import (
    BrokerRefused,
    IdentityRefused,
    OutputRefused,
    PartMissing,
    PostureError,
    SettingsInvalid,
    SourceInvalid,
)
from edge.settings import Settings, load_settings

Section = TypeVar("Section", bound=msgspec.Struct)


_LIGHT = ("provision", "netwatch", "update")
_LEAST_ADDRESSES_BYTES = 1_300_000_000
_MEMORY = "Give it more memory (`ulimit -v`, the service's MemoryMax), or install it again."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="posture-station", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    assess = verbs.add_parser("assess", help="everybody's measures in photographs and videos")
    assess.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    assess.add_argument("--model", metavar="FILE", help="another one; FIRST+LATER for a cascade")
    assess.add_argument("--detector", type=Path, metavar="FILE", help="finds who the model places")
    assess.add_argument(
        "--overlay", type=Path, metavar="PATH", help="draw: a folder, of a video an .mp4 or .gif"
    )
    assess.add_argument("--csv", type=Path, metavar="FILE", help="a row for each measure")
    assess.add_argument(
        "--export",
        nargs=2,
        action="append",
        default=[],
        metavar=("FORMAT", "PATH"),
        help="coco or csv, a file; openpose, trc, mot or c3d, a folder",
    )
    assess.add_argument(
        "--mm-per-px", type=_scale, metavar="MM", help="size of a pixel where people stand"
    )
    assess.add_argument("--overwrite", action="store_true", help="replace files of others too")
    assess.add_argument("--report", type=Path, metavar="DIR", help="a page for each photograph")
    assess.add_argument("--lang", default="en", metavar="LANG", help="of the page: en, zh, ko, ja")
    assess.add_argument(
        "--markers",
        action="append",
        default=[],
        metavar="VIEW|#RRGGBB",
        help="printed stickers: front, side or back; or the colour of half balls on the spine",
    )
    _add_interval(assess)
    assess.add_argument("--recursive", action="store_true", help="subfolders of folders too")
    assess.add_argument("--json", action="store_true", help="for machines")

    run = verbs.add_parser("run", help="measure and send, until Ctrl-C")
    run.add_argument("--source", metavar="URI", help="path, /dev/video0, rtsp://, picamera2:, ...")
    run.add_argument("--model", type=Path, metavar="FILE", help="another model file")
    run.add_argument("--broker", metavar="HOST:PORT")
    run.add_argument("--pace", choices=("own", "fast"), help="how fast a video is read")
    _add_interval(run)
    run.add_argument("--only", choices=("engine", "uplink"), default="", help="one process of two")
    run.add_argument("--verbose", action="store_true", help="print every measure")

    doctor = verbs.add_parser("doctor", help="check models, camera, broker, clock and disk")
    doctor.add_argument("--source", metavar="URI")
    doctor.add_argument("--broker", metavar="HOST:PORT")
    doctor.add_argument("--json", action="store_true", help="for machines")

    demo = verbs.add_parser("demo", help="broker, collector and station on this machine")
    demo.add_argument("--source", metavar="URI", help="instead of the rendered person")

    add_calibrate(verbs)
    add_fms(verbs)
    stickers = verbs.add_parser("stickers", help="a sheet of stickers to print, true to scale")
    stickers.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.pdf")
    stickers.add_argument("--paper", choices=("a4", "letter"), default="a4")
    bench = verbs.add_parser("bench", help="how long a frame takes on this machine")
    bench.add_argument("--source", metavar="URI", help="that shows one person")
    bench.add_argument("--json", action="store_true", help="for machines")

    verbs.add_parser("provision", help="at each boot: who this station is")
    verbs.add_parser("netwatch", help="mend a link or a camera driver that stays down")
    update = verbs.add_parser("update", help="take a new model file, if there is one for us")
    update.add_argument("--state", metavar="DIR", help="state folder, instead of the settings'")
    verbs.add_parser("warmup", help="compile the kernels once")
    return parser


def _scale(text: str) -> float:
    mm = float(text)
    if not 0.01 <= mm <= 100.0:
        raise argparse.ArgumentTypeError("from 0.01 to 100 mm")
    return mm


def _add_interval(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--interval", metavar="N", help="of a video only frames N, 2N, 3N, ...")


def _settings(options: argparse.Namespace) -> Settings:
    """The settings file, with what the command line says on top of it."""
    settings = load_settings(options.settings)
    given = vars(options)
    camera = {key: given[key] for key in ("source", "pace", "interval") if given.get(key)}
    if camera:
        settings = msgspec.structs.replace(settings, camera=_changed(settings.camera, camera))
    if given.get("state"):
        settings = msgspec.structs.replace(settings, state_dir=given["state"])
    if given.get("broker"):
        host, _, port = given["broker"].rpartition(":")
        mqtt = _changed(settings.mqtt, {"host": host, "port": port})
        settings = msgspec.structs.replace(settings, mqtt=mqtt)
    model, detector = (str(given.get(key) or "") for key in ("model", "detector"))
    named = {"single": f"{detector}+{model}" if detector else model} if model else {}
    if detector and not model:
        named = {"mode": "top-down", "finder": detector, "single": ""}
    return msgspec.structs.replace(
        settings, models=msgspec.structs.replace(settings.models, **named)
    )


def _changed(section: Section, said: dict[str, Any]) -> Section:
    """A section of the settings with what was said, within its bounds."""
    try:
        values = msgspec.structs.asdict(section) | said
        return msgspec.convert(values, type(section), strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"the command line: {error}.", "Mend that option.") from error


def _files_read(settings: Settings, options: argparse.Namespace) -> list[Path]:
    """What is read beside pictures: nothing may be written over it."""
    models = settings.models
    named = f"{models.single}+{models.finder}+{models.refiner}+{models.spine}".split("+")
    return [Path(name) for name in (*named, options.settings or "") if str(name)]


def _check_memory(options: argparse.Namespace) -> None:
    """Libraries that run into `ulimit -v` while they load end the process without a word."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    light = options.verb in _LIGHT or getattr(options, "only", "") == "uplink"
    if limit != resource.RLIM_INFINITY and limit < _LEAST_ADDRESSES_BYTES and not light:
        raise PartMissing(
            f"the limit of memory (`ulimit -v`) is {limit / 1e6:.0f} MB, and measuring takes "
            f"{_LEAST_ADDRESSES_BYTES / 1e6:.0f} MB of addresses.",
            _MEMORY,
        )


def _run_verb(options: argparse.Namespace) -> int:
    _check_memory(options)
    # Each verb imports what it needs: `--help` on a Pi should not wait for numba.
    if options.verb == "warmup":
        from edge.commands import warmup

        return warmup.run(_settings(options))
    if options.verb == "provision":
        from edge.commands import provision

        return provision.run()
    settings = _settings(options)
    if options.verb == "assess":
        from edge.commands import assess
        from edge.desk.plan import Asked
        from edge.estimation.estimator import Estimator
        from edge.estimation.factory import estimator_for
        from edge.inference.opencv_threads import leave_cores_to_networks
        from edge.markers.asked import with_markers

        leave_cores_to_networks()
        estimator: Estimator = with_markers(estimator_for(settings.models), options.markers)
        asked = Asked(
            overlay=options.overlay,
            csv=options.csv,
            report=options.report,
            exports=[(name, Path(place)) for name, place in options.export],
            language=options.lang,
            mm_per_px=options.mm_per_px,
            overwrite=options.overwrite,
            protected=_files_read(settings, options),
        )
        return assess.run(
            options.paths,
            estimator,
            asked,
            interval=settings.camera.interval,
            recursive=options.recursive,
            as_json=options.json,
        )
    if options.verb == "run":
        from edge.commands import run

        return run.run(settings, only=options.only, verbose=options.verbose)
    if options.verb == "stickers":
        from edge.commands import stickers

        return stickers.run(options.out, options.paper)
    if options.verb == "doctor":
        from edge.commands import doctor

        return doctor.run(settings, as_json=options.json)
    if options.verb == "update":
        from edge.commands import update

        return update.run(settings)
    if options.verb == "netwatch":
        from edge.commands import netwatch

        return netwatch.run(settings)
    if options.verb == "fms":
        from edge.commands import fms

        return fms.run(settings, options)
    if options.verb == "calibrate":
        from edge.commands import calibrate

        return calibrate.run(settings, options)
    if options.verb == "bench":
        from edge.commands import bench

        return bench.run(settings, as_json=options.json)
    from edge.commands import demo

    return demo.run(settings, source=options.source or demo.SAMPLE)


@ends_with_its_reader()
def main() -> int:
    options = _parser().parse_args()
    try:
        return _run_verb(options)
    except KeyboardInterrupt:
        return 130  # what shells say of a program that Ctrl-C ended
    except PostureError as error:
        _say(error)
        # What a person must mend first: systemd does not start such an engine anew.
        mistakes = (SettingsInvalid, SourceInvalid, OutputRefused, IdentityRefused, BrokerRefused)
        return 2 if isinstance(error, mistakes) else 1
    except MemoryError:
        _say(PostureError("there is not enough memory.", _MEMORY))
        return 1
    except OSError as error:
        if error.filename is None:  # standard output, which `ends_with_its_reader` knows about
            raise
        _say(PostureError(f"{error.filename}: {error.strerror}.", "Check path, rights and memory."))
        return 1
    except ImportError as error:
        _say(PartMissing(f"a part of this program cannot be loaded: {error}.", _MEMORY))
        return 1


def _say(error: PostureError) -> None:
    console = Console(stderr=True)
    console.print(error.problem, style="red", markup=False, highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(error.remedy, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
