"""`python -m posture_tools.evaluate compare`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.evaluate_options import CROPS, PHOTOS, photos_of


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.compare import compare, tables
    from posture_tools.evaluate.contenders import CropOptions
    from posture_tools.evaluate.named import contenders
    from posture_tools.evaluate.report import made_with
    from posture_tools.evaluate.worst import write_worst_cases

    photos = photos_of(options)
    crops = CropOptions(options.margin, options.flip)
    models = contenders(options.models, crops, options.threads)
    comparison = compare(models, photos, quiet=out.as_json)
    if options.worst is not None:
        for name, sights in comparison.sights.items():
            write_worst_cases(options.worst / f"{name}.png", photos, sights)
    out.answer({**made_with(comparison.contenders), "rows": comparison.rows()})
    for table in tables(comparison):
        out.table(table)
    if options.worst is not None:
        out.line(f"Worst cases, labels green, found red: {options.worst}")
    return 0


VERB = Verb(
    "compare",
    "Lay models side by side on labelled photographs, in one run. All of them meet the same "
    "pictures and the same load of the machine.",
    example="python -m posture_tools.evaluate compare a.onnx b.onnx --photos photos/ --limit 50",
    run=run,
    arguments=(
        argument(
            "models",
            nargs="+",
            metavar="MODEL",
            help="A described model, FINDER.onnx+REFINER.onnx, or a folder of networks; "
            "NAME=... to call it so. Several.",
        ),
        argument(
            "--worst", type=Path, metavar="DIR", help="Draw the worst cases of each model here."
        ),
        *PHOTOS,
        *CROPS,
    ),
    json="object",
    inputs="models",
)
