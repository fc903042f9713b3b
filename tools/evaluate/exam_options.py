"""What the examinations shear, views, boxes and bodies share on the command line.

Each takes pictures, one predictor and any others to lay beside it, and shows all of them the same
pictures in one run.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posture_tools.cli import Output, argument
from posture_tools.evaluate.evaluate_options import count

if TYPE_CHECKING:
    from posture_tools.evaluate.contenders import Contender
    from posture_tools.evaluate.photos import Picture
    from rich.table import Table

_NAMED = "a file, FINDER.onnx+REFINER.onnx, or a folder of networks; NAME=... to call it so."

EXAMINED = (
    argument("--predictor", required=True, metavar="MODEL", help=f"Examine this: {_NAMED}"),
    argument(
        "--against",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="Lay these beside it, named likewise.",
    ),
    argument("--limit", type=count, metavar="N", help="Take so many pictures of each set."),
    argument(
        "--threads",
        type=int,
        choices=(1, 2),
        default=1,
        help="Run each network on so many threads.",
    ),
)
PHOTOGRAPHS = argument(
    "pictures",
    nargs="+",
    type=Path,
    metavar="PICTURES",
    help="Labelled sets, folders of sets, or photographs.",
)
PICTURES = argument(
    "pictures",
    nargs="+",
    type=Path,
    metavar="PICTURES",
    help="Labelled sets, folders of sets, photographs, or folders of test bodies.",
)


def models_of(options: Namespace) -> list[Contender]:
    """The predictor first, then the others."""
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.named import contenders

    return contenders([options.predictor, *options.against], CropOptions(None), options.threads)


def pictures_of(options: Namespace) -> Sequence[Picture]:
    """Photographs and test bodies, by what each path holds."""
    from posture_tools.evaluate.body_pack import packs, read_bodies
    from posture_tools.evaluate.photos import read_photos

    found: list[Picture] = []
    for path in options.pictures:
        if path.suffix == ".npz" or (path.is_dir() and packs(path)):
            found += read_bodies([path], options.limit)
        else:
            found += read_photos([path], options.limit)
    return found


def shown_to_all(
    options: Namespace,
    out: Output,
    pictures: Sequence[Any],
    examine: Callable[[list[Contender], Sequence[Any], bool], Sequence[Any]],
    tables: Callable[[Sequence[Any]], Iterable[Table]],
) -> int:
    """Show the pictures to every model that is named, and hand out what was found."""
    models = models_of(options)
    found = examine(models, pictures, out.as_json)
    hand_out(out, models, found, tables(found))
    return 0


def hand_out(
    out: Output,
    models: Sequence[Contender],
    rows: Sequence[Any],
    tables: Iterable[Table],
    **extra: Any,
) -> None:
    """Tables for people; for machines the rows, and what made them."""
    from posture_tools.evaluate.report import made_with

    out.answer({**made_with(models), **extra, "rows": rows})
    for table in tables:
        out.table(table)
