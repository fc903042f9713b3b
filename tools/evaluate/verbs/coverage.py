"""`python -m posture_tools.evaluate coverage`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, PHOTOGRAPHS, hand_out, models_of

from edge.errors import SettingsInvalid


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.coverage import examine, table
    from posture_tools.evaluate.photos import read_photos

    if len(options.against) != 1:
        raise SettingsInvalid(
            "the labels' noise is told by one more network.",
            "Name it: --against PP_TINYPOSE.onnx.",
        )
    pictures = read_photos(options.pictures, options.limit)
    models = models_of(options)
    rows = examine(models[0], models[1], pictures, quiet=out.as_json)
    hand_out(out, models, rows, [table(rows)])
    return 0


VERB = Verb(
    "coverage",
    "Measure whether stated intervals hold what photographs are labelled with, the labels' own "
    "noise added, which one more network tells.",
    example="python -m posture_tools.evaluate coverage photos/ --predictor models_onnx/ "
    "--against PP_TINYPOSE.onnx",
    run=run,
    arguments=(PHOTOGRAPHS, *EXAMINED),
    json="object",
    inputs="pictures",
)
