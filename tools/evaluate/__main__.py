"""Accuracy and speed, measured.

python -m posture_tools.evaluate compare MODEL... --photos DIR     models against each other
python -m posture_tools.evaluate models MODEL... --photos DIR      all kinds of models in one table
python -m posture_tools.evaluate shear PHOTOS... --predictor MODEL  how much of a tilt is read
python -m posture_tools.evaluate views PHOTOS... --predictor MODEL  front, back, right or left
python -m posture_tools.evaluate boxes PHOTOS... --predictor MODEL  what moves with the box alone
python -m posture_tools.evaluate bodies DIR... --predictor MODEL   on bodies known exactly
python -m posture_tools.evaluate ap RESULTS.json ANNOTATIONS.json  COCO's ten keypoint figures
python -m posture_tools.evaluate mannequin [MODEL...]               angle error, truth known exactly
python -m posture_tools.evaluate stickers --photos DIR [--bodies NAME]  printed targets, drawn
python -m posture_tools.evaluate agreement RATINGS.csv             two raters of the same tests
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from posture_tools.evaluate.exams import add_examinations, count
from posture_tools.evaluate.report import made_with, write_json, write_line, write_table
from rich.console import Console
from rich.table import Table

from edge.errors import PostureError, SettingsInvalid
from edge.inference.opencv_threads import leave_cores_to_networks

if TYPE_CHECKING:
    from posture_tools.evaluate.photos import Photo

EXIT_REFUSED = 2
NICENESS = 5


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


def _compare(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.compare import compare, tables
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.named import contenders
    from posture_tools.evaluate.worst import write_worst_cases

    photos = _photos(options)
    crops = CropOptions(options.margin, options.flip)
    models = contenders(options.models, crops, options.threads)
    comparison = compare(models, photos, quiet=options.json)
    if options.worst is not None:
        for name, sights in comparison.sights.items():
            write_worst_cases(options.worst / f"{name}.png", photos, sights)
    if options.json:
        write_json({**made_with(comparison.contenders), "rows": comparison.rows()})
        return
    for table in tables(comparison):
        write_table(table)
    if options.worst is not None:
        write_line(f"Worst cases, labels green, found red: {options.worst}")


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
        write_json(lines)
        return
    write_table(table(lines))
    for sentence in inversions(lines) or ["The order is that of the cards."]:
        write_line(sentence)


def _ap(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.average_precision import average_precision
    from posture_tools.evaluate.coco import read_labels, read_results

    images = read_labels(options.annotations)
    found = read_results(options.results, images)
    figures = asdict(average_precision((image.people, found[image.image_id]) for image in images))
    if options.json:
        write_json(figures)
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:.4f}")
    write_table(table)


def _mannequin(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.mannequin import measure_mannequins, postures, tables
    from posture_tools.evaluate.mannequin_grid import findings, measure_grid
    from posture_tools.evaluate.named import contenders

    if options.models:
        crops = CropOptions(options.margin, options.flip)
        models = contenders(options.models, crops, options.threads)
        views = measure_mannequins(models, postures(), options.body_px, quiet=options.json)
    else:
        views = measure_grid()
    if options.json:
        write_json(views)
        return
    for table in tables(views):
        write_table(table)
    for line in findings(views) if not options.models else ():
        write_line(line)


def _stickers(options: argparse.Namespace) -> None:
    from itertools import chain

    import numpy as np
    from posture_tools.evaluate.sticker_scenes import on_bodies, on_photos, upright_people
    from posture_tools.evaluate.stickers import as_figures, judge, take_chance

    from edge.estimation.factory import estimator_for
    from edge.settings import ModelSettings

    photos = _photos(options)
    rng = np.random.default_rng(options.seed)
    scenes = chain(on_photos(photos, rng), *(on_bodies(pack, rng) for pack in options.bodies))
    estimator = estimator_for(ModelSettings(threads=options.threads))
    verdict = judge(scenes, estimator)
    take_chance(upright_people(photos), estimator, verdict)
    if options.json:
        write_json(as_figures(verdict))
        return
    for table in verdict.tables():
        write_table(table)
    for sentence in verdict.sentences():
        write_line(sentence)


def _agreement(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.agreement import write_confusion_matrix
    from posture_tools.evaluate.ratings import agree, read_ratings

    tests = agree(read_ratings(options.ratings))
    if options.matrices is not None:
        options.matrices.mkdir(parents=True, exist_ok=True)
        for test in tests:
            write_confusion_matrix(options.matrices / f"{test.test}.csv", test.matrix)
    if options.json:
        write_json([test.figures() for test in tests])
        return
    table = Table("test", "n", "same", "kappa, linear", "kappa, quadratic")
    for test in tests:
        n, same, linear, quadratic = list(test.figures().values())[1:]
        table.add_row(test.test, str(n), f"{same:.2f}", f"{linear:.2f}", f"{quadratic:.2f}")
    write_table(table)


def _margin(text: str) -> float | None:
    if text == "own":
        return None
    margin = float(text)
    if not 0.5 <= margin <= 3:
        raise argparse.ArgumentTypeError("a margin is own, or a factor from 0.5 to 3")
    return margin


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
    models.add_argument("--threads", type=count, default=1, help="of each model")
    models.set_defaults(run=_models)

    stickers = commands.add_parser("stickers", help="printed targets drawn on people")
    stickers.add_argument("--bodies", nargs="+", type=Path, default=[], metavar="NAME",
                          help="packs of rendered people: NAME.bin, NAME.npz")  # fmt: skip
    stickers.add_argument("--seed", type=int, default=0)
    stickers.add_argument("--threads", type=count, default=1, help="of the network")
    stickers.set_defaults(run=_stickers)

    for command in (compare, models, stickers):
        command.add_argument("--photos", type=Path, required=True, help="folder of labelled sets")
        command.add_argument("--sets", nargs="+", metavar="SET", help="only these sets")
        command.add_argument("--limit", type=count, metavar="N", help="photographs of each set")

    ap = commands.add_parser("ap", help="COCO's keypoint figures of a results file")
    ap.add_argument("results", type=Path)
    ap.add_argument("annotations", type=Path)
    ap.set_defaults(run=_ap)

    agreement = commands.add_parser("agreement", help="agreement of two raters")
    agreement.add_argument("ratings", type=Path, help="CSV: test, first, second")
    agreement.add_argument("--matrices", type=Path, metavar="DIR", help="confusion matrices as CSV")
    agreement.set_defaults(run=_agreement)

    mannequin = commands.add_parser(
        "mannequin", help="angle error on the mannequin; without a model: of measures and intervals"
    )
    mannequin.add_argument("--body-px", type=_body_px, default=700, help="stature in the picture")
    mannequin.set_defaults(run=_mannequin)

    add_examinations(commands)
    for command in (compare, mannequin):
        least = "+" if command is compare else "*"
        command.add_argument(
            "models", nargs=least, metavar="MODEL", help="[NAME=]MODEL, FINDER+REFINER or a folder"
        )
        command.add_argument(
            "--margin", type=_margin, default=1.25, help="labelled box times this; own: the model's"
        )
        command.add_argument("--flip", action="store_true", help="average over the mirrored crop")
        command.add_argument("--threads", type=count, default=1, help="of each model")
    for command in (compare, models, ap, agreement, mannequin, stickers):
        command.add_argument("--json", action="store_true", help="for machines")
    return parser


if __name__ == "__main__":
    os.nice(NICENESS)  # hours of it must not slow the station or the training beside
    sys.exit(main())
