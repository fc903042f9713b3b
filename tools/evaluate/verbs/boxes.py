"""`python -m posture_tools.evaluate boxes`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, PICTURES, pictures_of, shown_to_all


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.boxes import examine, tables

    return shown_to_all(options, out, pictures_of(options), examine, tables)


VERB = Verb(
    "boxes",
    "Measure what moves with the box alone: how far a reading changes when the box around the "
    "person changes by a tenth in size and a twentieth in place.",
    example="python -m posture_tools.evaluate boxes photos/ --predictor models_onnx/",
    run=run,
    arguments=(PICTURES, *EXAMINED),
    json="object",
    inputs="pictures",
)
