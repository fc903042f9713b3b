"""Accuracy and speed, measured.

python -m posture_tools.evaluate compare MODEL... --photos DIR     models against each other
python -m posture_tools.evaluate models MODEL... --photos DIR      all kinds of models in one table
python -m posture_tools.evaluate ap RESULTS.json ANNOTATIONS.json  COCO's ten keypoint figures
python -m posture_tools.evaluate mannequin [MODEL...]               angle error, truth known exactly
python -m posture_tools.evaluate pck RESULTS.json ANNOTATIONS.json PCK, PDJ and PCKh
python -m posture_tools.evaluate agreement RATINGS.csv             two raters of the same tests
python -m posture_tools.evaluate limits MEASUREMENTS.csv           the same, of angles or lengths
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from edge.errors import PostureError, SettingsInvalid
from edge.inference.opencv_threads import leave_cores_to_networks

if TYPE_CHECKING:
    from posture_tools.evaluate.photos import Photo

EXIT_REFUSED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 where it was refused, with the reason on stderr."""
    options = _parser().parse_args(argv)
    leave_cores_to_networks()
    try:
        options.run(options)
    except PostureError as error:
        Console(stderr=True).print(
            str(error), style="red", markup=False, highlight=False, soft_wrap=True
        )
        return EXIT_REFUSED
    return 0


def _print(table: Table) -> None:
    """A pipe has no width of its own: figures must not be cut to fit a supposed one."""
    console = Console()
    unbounded = console.options.update(max_width=10_000)
    console.width = max(console.width, Measurement.get(console, unbounded, table).maximum)
    console.print(table)


def _compare(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.compare import compare, tables
    from posture_tools.evaluate.contenders import CropOptions, contenders
    from posture_tools.evaluate.worst import write_worst_cases

    photos = _photos(options)
    crops = CropOptions(options.margin, options.flip)
    models = contenders(options.models, crops, options.threads)
    comparison = compare(models, photos, quiet=options.json)
    if options.worst is not None:
        for name, sights in comparison.sights.items():
            write_worst_cases(options.worst / f"{name}.png", photos, sights)
    if options.json:
        sys.stdout.buffer.write(comparison.as_json() + b"\n")
        return
    for table in tables(comparison):
        _print(table)
    if options.worst is not None:
        Console().print(
            f"Worst cases, labels green, found red: {options.worst}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _photos(options: argparse.Namespace) -> list[Photo]:
    from posture_tools.evaluate.photos import read_sets, set_names

    photos = read_sets(options.photos, options.sets or set_names(options.photos), options.limit)
    if not photos:
        raise SettingsInvalid(
            f"{options.photos} holds no labelled photographs.",
            "Name the folder that holds the sets (SET/images, SET/annotations.json).",
        )
    return photos


def _models(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.all_models import inversions, measure, table

    lines = measure(options.models, _photos(options), threads=options.threads, quiet=options.json)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(lines) + b"\n")
        return
    _print(table(lines))
    for sentence in inversions(lines) or ["The order is that of the cards."]:
        Console().print(sentence, highlight=False, soft_wrap=True)


def _ap(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.average_precision import average_precision
    from posture_tools.evaluate.coco import read_labels, read_results

    images = read_labels(options.annotations)
    found = read_results(options.results, images)
    figures = asdict(average_precision((image.people, found[image.image_id]) for image in images))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:.4f}")
    _print(table)


def _pck(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.coco import read_labels, read_results
    from posture_tools.evaluate.correct import correct_keypoints

    images = read_labels(options.annotations)
    lines = correct_keypoints(images, read_results(options.results, images))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(lines) + b"\n")
        return
    table = Table("metric", "correct", "keypoints", *lines[0].correct.by_part)
    for line in lines:
        shares = (line.correct.total, *line.correct.by_part.values())
        total, *parts = ("-" if share != share else f"{share:.3f}" for share in shares)  # noqa: PLR0124
        name = f"{line.metric}@{line.threshold:g}"
        table.add_row(name, total, str(line.correct.keypoints), *parts)
    _print(table)


def _limits(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.ratings import limits, read_measurements

    found = limits(read_measurements(options.measurements))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    table = Table("test", "n", "bias", "SD", "lower limit", "upper limit")
    for test, each in found.items():
        cells = (
            f"{value:.2f} ({low:.2f} to {high:.2f})"
            for value, (low, high) in (
                (each.bias, each.bias_ci95),
                (each.lower, each.lower_ci95),
                (each.upper, each.upper_ci95),
            )
        )
        bias, lower, upper = cells
        table.add_row(test, str(each.n), bias, f"{each.sd:.2f}", lower, upper)
    _print(table)


def _mannequin(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.contenders import CropOptions, contenders
    from posture_tools.evaluate.mannequin import measure_mannequins, postures, tables
    from posture_tools.evaluate.mannequin_grid import findings, measure_grid

    if options.models:
        crops = CropOptions(options.margin, options.flip)
        models = contenders(options.models, crops, options.threads)
        views = measure_mannequins(models, postures(), options.body_px, quiet=options.json)
    else:
        views = measure_grid()
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(views) + b"\n")
        return
    for table in tables(views):
        _print(table)
    for line in findings(views) if not options.models else ():
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


def _agreement(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.agreement import write_confusion_matrix
    from posture_tools.evaluate.ratings import agree, read_ratings

    tests = agree(read_ratings(options.ratings))
    if options.matrices is not None:
        options.matrices.mkdir(parents=True, exist_ok=True)
        for test in tests:
            write_confusion_matrix(options.matrices / f"{test.test}.csv", test.matrix)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode([test.figures() for test in tests]) + b"\n")
        return
    table = Table("test", "n", "same", "kappa, linear", "kappa, quadratic")
    for test in tests:
        n, same, linear, quadratic = list(test.figures().values())[1:]
        table.add_row(test.test, str(n), f"{same:.2f}", f"{linear:.2f}", f"{quadratic:.2f}")
    _print(table)


def _margin(text: str) -> float | None:
    if text == "own":
        return None
    margin = float(text)
    if not 0.5 <= margin <= 3:
        raise argparse.ArgumentTypeError("a margin is own, or a factor from 0.5 to 3")
    return margin


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _body_px(text: str) -> float:
    body_px = float(text)
    if not 100 <= body_px <= 1100:  # the picture is 1280 px high
        raise argparse.ArgumentTypeError("from 100 to 1100")
    return body_px


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m posture_tools.evaluate", description="Accuracy and speed, measured."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    compare = commands.add_parser("compare", help="models against each other in one run")
    compare.add_argument("--worst", type=Path, metavar="DIR", help="pictures of the worst cases")
    compare.set_defaults(run=_compare)

    models = commands.add_parser("models", help="all kinds of models in one table")
    models.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    models.add_argument("--threads", type=_count, default=1, help="of each model")
    models.set_defaults(run=_models)

    for command in (compare, models):
        command.add_argument("--photos", type=Path, required=True, help="folder of labelled sets")
        command.add_argument("--sets", nargs="+", metavar="SET", help="only these sets")
        command.add_argument("--limit", type=_count, metavar="N", help="photographs of each set")

    ap = commands.add_parser("ap", help="COCO's keypoint figures of a results file")
    ap.add_argument("results", type=Path)
    ap.add_argument("annotations", type=Path)
    ap.set_defaults(run=_ap)

    pck = commands.add_parser("pck", help="PCK, PDJ and PCKh of a results file")
    pck.add_argument("results", type=Path)
    pck.add_argument("annotations", type=Path, help="PCKh needs a head_bbox of each person")
    pck.set_defaults(run=_pck)

    limits = commands.add_parser("limits", help="limits of agreement of two raters")
    limits.add_argument("measurements", type=Path, help="CSV: test, first, second")
    limits.set_defaults(run=_limits)

    agreement = commands.add_parser("agreement", help="agreement of two raters")
    agreement.add_argument("ratings", type=Path, help="CSV: test, first, second")
    agreement.add_argument("--matrices", type=Path, metavar="DIR", help="confusion matrices as CSV")
    agreement.set_defaults(run=_agreement)

    mannequin = commands.add_parser(
        "mannequin", help="angle error on the mannequin; without a model: of measures and intervals"
    )
    mannequin.add_argument("--body-px", type=_body_px, default=700, help="stature in the picture")
    mannequin.set_defaults(run=_mannequin)

    for command in (compare, mannequin):
        least = "+" if command is compare else "*"
        command.add_argument("models", nargs=least, metavar="MODEL", help="MODEL or FINDER+REFINER")
        command.add_argument(
            "--margin", type=_margin, default=1.25, help="labelled box times this; own: the model's"
        )
        command.add_argument("--flip", action="store_true", help="average over the mirrored crop")
        command.add_argument("--threads", type=_count, default=1, help="of each model")
    for command in (compare, models, ap, pck, agreement, limits, mannequin):
        command.add_argument("--json", action="store_true", help="for machines")
    return parser


if __name__ == "__main__":
    sys.exit(main())
