"""`python -m posture_tools.evaluate mannequin`."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.evaluate_options import CROPS, number_from


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.mannequin import measure_mannequins, postures, tables
    from posture_tools.evaluate.mannequin_grid import findings, measure_grid
    from posture_tools.evaluate.named import contenders

    if options.models:
        crops = CropOptions(options.margin, options.flip)
        models = contenders(options.models, crops, options.threads)
        views = measure_mannequins(models, postures(), options.body_px, quiet=out.as_json)
    else:
        views = measure_grid()
    for view in views:
        out.entry(view)
    for table in tables(views):
        out.table(table)
    for line in () if options.models else findings(views):
        out.line(line)
    return 0


VERB = Verb(
    "mannequin",
    "Measure how far angles are off on a rendered person whose truth is known. Without a model, "
    "it measures the measures and their intervals themselves.",
    example="python -m posture_tools.evaluate mannequin finder.onnx+refiner.onnx --body-px 700",
    run=run,
    arguments=(
        argument(
            "models",
            nargs="*",
            metavar="MODEL",
            help="A described model, or FINDER.onnx+REFINER.onnx; none or several.",
        ),
        argument(
            "--body-px",
            type=partial(number_from, 100, 1100),  # the picture is 1280 px high
            default=700,
            metavar="PX",
            help="The person's stature in the picture, from 100 to 1100 px.",
        ),
        *CROPS,
    ),
    json="array",
    inputs="models",
)
