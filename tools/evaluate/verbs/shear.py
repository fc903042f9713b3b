"""`python -m posture_tools.evaluate shear`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.exam_options import EXAMINED, PHOTOGRAPHS, hand_out, models_of

from edge.errors import SettingsInvalid

if TYPE_CHECKING:
    from posture_tools.evaluate.contenders import Contender


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.photos import read_photos
    from posture_tools.evaluate.shear import examine, hips_shown, rows, tables

    photos = read_photos(options.pictures, options.limit)
    models = models_of(options)
    reference = _reference(options, models)
    changes = examine(models, photos, reference, quiet=out.as_json)
    found, shown = rows(changes), hips_shown(changes)
    by = "labels" if reference is None else reference.name
    hand_out(out, models, found, tables(found), lines_by=by, waist_and_hips_show=shown)
    out.line(f"Where the lines lie is told by: {by}.")
    out.line(f"Waist and hips show in {len(shown)} pictures: {', '.join(shown) or '-'}.")
    return 0


def _reference(options: Namespace, models: Sequence[Contender]) -> Contender | None:
    """Who tells where the lines lie; None for the labels.

    Raises
    ------
    SettingsInvalid : one of those who are examined.
    """
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.named import contenders

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


VERB = Verb(
    "shear",
    "Measure how much of a tilt is read: lines of photographs are turned by a known angle, and the "
    "slope says which part of it the network follows.",
    example="python -m posture_tools.evaluate shear photos/ --predictor models_onnx/",
    run=run,
    arguments=(
        PHOTOGRAPHS,
        *EXAMINED,
        argument(
            "--lines-by",
            metavar="MODEL",
            help="Let this network say where the lines lie; it is none of those examined. The "
            "default is the labels.",
        ),
    ),
    json="object",
    inputs="pictures",
)
