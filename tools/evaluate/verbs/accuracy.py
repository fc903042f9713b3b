"""`python -m posture_tools.evaluate accuracy`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.exam_options import EXAMINED
from posture_tools.evaluate.verbs.bodies import BODIES


def run(options: Namespace, out: Output) -> int:
    import msgspec
    from posture_tools.evaluate import accuracy as fitting
    from posture_tools.evaluate.body_pack import packs, read_bodies
    from posture_tools.evaluate.card import into_card
    from posture_tools.evaluate.confident import with_confident
    from posture_tools.evaluate.exam_options import models_of
    from posture_tools.evaluate.photo_accuracy import deviations, sheared_slopes
    from posture_tools.evaluate.photos import read_photos

    from edge.accuracy import Accuracy

    bodies = read_bodies(options.pictures, options.limit)
    network, *others = models_of(options)
    photos = sheared = None
    if options.photos:
        pictures = read_photos(options.photos, options.limit)
        sheared = sheared_slopes(network, pictures, quiet=out.as_json)
        if others:
            photos = deviations(network, others[0], pictures)
    readings, stature_px = fitting.read(network, bodies, quiet=out.as_json)
    files = [npz for path in options.pictures for npz in (packs(path) if path.is_dir() else [path])]
    found = Accuracy(
        fitting.name_of(files),
        round(stature_px, 1),
        fitting.fit(readings, photos=photos, sheared=sheared),
    )
    found = with_confident(found, readings)
    if options.card is not None:
        into_card(options.card, found)
    out.answer(msgspec.to_builtins(found))
    out.table(fitting.table(found))
    return 0


VERB = Verb(
    "accuracy",
    "Find how well a network reads each measure, for its description: slope and deviation by view "
    "and clothing, on validation bodies. Judge the result once, with `bodies`, on test bodies.",
    example="python -m posture_tools.evaluate accuracy val_bodies/ --predictor models_onnx/ "
    "--photos PHOTOS --against PP_TINYPOSE.onnx --card models_onnx/close.json",
    run=run,
    arguments=(
        BODIES,
        *EXAMINED,
        argument(
            "--photos",
            nargs="+",
            type=Path,
            default=[],
            metavar="SETS",
            help="Labelled photographs: lines are sheared in them, and with a network --against, "
            "whose errors are its own, they widen what bodies say.",
        ),
        argument(
            "--card",
            type=Path,
            metavar="CARD.json",
            help="Write it into this card of the network that comes last.",
        ),
    ),
    json="object",
    inputs="pictures",
)
