"""`python -m posture_tools.evaluate decode`."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.evaluate_options import count

_BESIDE = Path(__file__).resolve().parents[3].parent / "shared"


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.bench_decode import hard, load_bench, speed, tables
    from posture_tools.evaluate.bench_real_maps import real_maps

    bench, decoders = load_bench(options.shared)
    speeds = speed(bench, decoders, options.frames)
    scenes = hard(bench, decoders, options.frames)
    photos = real_maps(options.shared, decoders, options.photos)
    out.answer({"speed": speeds, "hard": scenes, "real": photos})
    for table in tables(speeds, scenes, photos):
        out.table(table)
    return 0


VERB = Verb(
    "decode",
    "Measure decoding beside other decoders: times, hard scenes and maps of real photographs. It "
    "is the second half of `make bench`.",
    example="python -m posture_tools.evaluate decode --frames 5 --photos 20",
    run=run,
    waits="decoding",
    arguments=(
        argument(
            "--shared",
            type=Path,
            default=Path(os.environ.get("POSTURE_SHARED", _BESIDE)),
            metavar="DIR",
            help="The folder of test material, which holds the benchmark.",
        ),
        argument(
            "--frames",
            type=count,
            default=20,
            metavar="N",
            help="Draw so many frames of every scene.",
        ),
        argument(
            "--photos",
            type=count,
            metavar="N",
            help="Take so many photographs at most. The default is all.",
        ),
    ),
    json="object",
)
