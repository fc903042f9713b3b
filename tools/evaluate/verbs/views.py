"""`python -m posture_tools.evaluate views`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, PICTURES, hand_out, models_of, pictures_of


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.views import examine, tables

    pictures = pictures_of(options)
    models = models_of(options)
    found = examine(models, pictures, quiet=out.as_json)
    hand_out(out, models, found, tables(found))
    return 0


VERB = Verb(
    "views",
    "Measure from which side people are seen: how many fronts, backs and sides are called right.",
    example="python -m posture_tools.evaluate views photos/ --predictor models_onnx/",
    run=run,
    arguments=(PICTURES, *EXAMINED),
    json="object",
    inputs="pictures",
)
