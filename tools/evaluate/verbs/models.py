"""`python -m posture_tools.evaluate models`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.evaluate_options import PHOTOS, THREADS, photos_of


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.all_models import inversions, measure, table, trial_of

    photos = photos_of(options)
    trials = []
    for path in options.models:
        with out.reading(path):
            trials.append(trial_of(path, options.threads))
    if not trials:
        return 1
    lines = measure(trials, photos, quiet=out.as_json)
    for line in lines:
        out.entry(line)
    out.table(table(lines))
    for sentence in inversions(lines) or ["The order is that of the cards."]:
        out.line(sentence)
    return 0


VERB = Verb(
    "models",
    "Rank models of all kinds in one table: how well each does on labelled photographs, how fast "
    "it is and how large.",
    example="python -m posture_tools.evaluate models models/*.onnx --photos photos/ --json",
    run=run,
    arguments=(
        argument(
            "models", nargs="+", type=Path, metavar="MODEL", help="A described model, or several."
        ),
        *PHOTOS,
        THREADS,
    ),
    json="array",
    inputs="models",
)
