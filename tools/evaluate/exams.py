"""The examinations on the command line: shear, views, boxes, bodies.

Each takes pictures, one predictor and any others to lay beside it, and shows all of them the same
pictures in one run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from posture_tools.evaluate.body_pack import packs, read_bodies
from posture_tools.evaluate.contenders import Contender, CropOptions
from posture_tools.evaluate.named import contenders
from posture_tools.evaluate.photos import Picture, read_photos
from posture_tools.evaluate.report import made_with, write_json, write_line, write_table
from rich.table import Table

from edge.errors import SettingsInvalid

_NAMED = "a file, FINDER.onnx+REFINER.onnx, or a folder of networks; NAME=... to call it so"
_PICTURES = "sets, folders of sets, photographs"


def add_examinations(commands: Any) -> None:
    """Add the four commands to a parser's subcommands."""
    for name, run, takes, does in (
        ("shear", _shear, _PICTURES, "how much of a tilt is read: lines turned by a known angle"),
        ("views", _views, f"{_PICTURES}, folders of test bodies", "front, back, right or left"),
        ("boxes", _boxes, f"{_PICTURES}, folders of test bodies", "what moves with the box alone"),
        ("bodies", _bodies, "packs of test bodies, or folders of them", "bias, slope, coverage"),
    ):
        command = commands.add_parser(name, help=does, description=does)
        command.add_argument("pictures", nargs="+", type=Path, metavar="PICTURES", help=takes)
        command.add_argument("--predictor", required=True, metavar="MODEL", help=_NAMED)
        command.add_argument("--against", nargs="+", default=[], metavar="MODEL", help="others")
        command.add_argument("--limit", type=count, metavar="N", help="pictures of each set")
        command.add_argument("--threads", type=int, choices=(1, 2), default=1, help="of a network")
        command.add_argument("--json", action="store_true", help="for machines")
        command.set_defaults(run=run)
        if name == "shear":
            command.add_argument(
                "--lines-by", metavar="MODEL",
                help="the network that says where the lines lie, none of those examined;"
                " default: the labels",
            )  # fmt: skip


def _shear(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.shear import examine, hips_shown, rows, tables

    photos = read_photos(options.pictures, options.limit)
    models = _models(options)
    reference = _reference(options, models)
    changes = examine(models, photos, reference, quiet=options.json)
    found, shown = rows(changes), hips_shown(changes)
    by = "labels" if reference is None else reference.name
    extra = {"lines_by": by, "waist_and_hips_show": shown}
    _hand_out(options, models, found, tables(found), **extra)
    if not options.json:
        write_line(f"Where the lines lie is told by: {by}.")
        write_line(f"Waist and hips show in {len(shown)} pictures: {', '.join(shown) or '-'}.")


def _reference(options: argparse.Namespace, models: Sequence[Contender]) -> Contender | None:
    """Who tells where the lines lie; None for the labels.

    Raises
    ------
    SettingsInvalid : one of those who are examined.
    """
    if options.lines_by is None:
        return None
    (reference,) = contenders([options.lines_by], CropOptions(None), options.threads)
    examined = {file.sha256: model.name for model in models for file in model.models}
    for file in reference.models:
        if file.sha256 in examined:
            raise SettingsInvalid(
                f"{file.name} would tell where the lines lie by which "
                f"{examined[file.sha256]} is examined.",
                "Name a third network as --lines-by.",
            )
    return reference


def _views(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.views import examine, tables

    pictures = _pictures(options)
    models = _models(options)
    found = examine(models, pictures, quiet=options.json)
    _hand_out(options, models, found, tables(found))


def _boxes(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.boxes import examine, tables

    pictures = _pictures(options)
    models = _models(options)
    found = examine(models, pictures, quiet=options.json)
    _hand_out(options, models, found, tables(found))


def _bodies(options: argparse.Namespace) -> None:
    from posture_tools.evaluate.bodies import examine, tables

    bodies = read_bodies(options.pictures, options.limit)
    models = _models(options)
    found = examine(models, bodies, quiet=options.json)
    _hand_out(options, models, found, tables(found))


def _models(options: argparse.Namespace) -> list[Contender]:
    return contenders([options.predictor, *options.against], CropOptions(None), options.threads)


def _pictures(options: argparse.Namespace) -> Sequence[Picture]:
    """Photographs and test bodies, by what each path holds."""
    found: list[Picture] = []
    for path in options.pictures:
        if path.suffix == ".npz" or (path.is_dir() and packs(path)):
            found += read_bodies([path], options.limit)
        else:
            found += read_photos([path], options.limit)
    return found


def _hand_out(
    options: argparse.Namespace,
    models: Sequence[Contender],
    rows: Sequence[Any],
    tables: Iterable[Table],
    **extra: Any,
) -> None:
    if options.json:
        write_json({**made_with(models), **extra, "rows": rows})
        return
    for table in tables:
        write_table(table)


def count(text: str) -> int:
    """An argument that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
