"""`python -m posture_tools.evaluate stickers`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument, tracked
from posture_tools.evaluate.evaluate_options import PHOTOS, THREADS, photos_of


def run(options: Namespace, out: Output) -> int:
    from itertools import chain

    import numpy as np
    from posture_tools.evaluate.sticker_scenes import on_bodies, on_photos, upright_people
    from posture_tools.evaluate.stickers import as_figures, judge, take_chance

    from edge.estimation.factory import estimator_for
    from edge.settings import ModelSettings

    photos = photos_of(options)
    rng = np.random.default_rng(options.seed)
    quiet = out.as_json
    scenes = chain(
        on_photos(tracked(photos, "photographs", quiet=quiet), rng),
        *(on_bodies(pack, rng, options.limit, quiet=quiet) for pack in options.bodies),
    )
    estimator = estimator_for(ModelSettings(threads=options.threads))
    verdict = judge(scenes, estimator)
    take_chance(
        upright_people(tracked(photos, "without stickers", quiet=quiet)), estimator, verdict
    )
    out.answer(as_figures(verdict))
    for table in verdict.tables():
        out.table(table)
    for sentence in verdict.sentences():
        out.line(sentence)
    return 0


VERB = Verb(
    "stickers",
    "Draw printed targets on people and count which are found, how exactly, and told apart; and "
    "what is taken for a target where there is none.",
    example="python -m posture_tools.evaluate stickers --photos photos/ --bodies bodies/test",
    run=run,
    arguments=(
        *PHOTOS,
        argument(
            "--bodies",
            nargs="+",
            type=Path,
            default=[],
            metavar="NAME",
            help="Draw on these packs of rendered people too: NAME.bin and NAME.npz; --limit holds "
            "for each of them.",
        ),
        argument("--seed", type=int, default=0, help="Of what is drawn by chance."),
        THREADS,
    ),
    json="object",
)
