"""`python -m posture_tools.bodies`: render people whose anatomy is known exactly.

python -m posture_tools.bodies pack --seed 1000 --count 500 --pack ../shared/training OUT
python -m posture_tools.bodies sheet --seed 7 sheet.png
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import told_plainly

if TYPE_CHECKING:
    from posture_tools.bodies.mesh import Shape
    from posture_tools.bodies.model import BodyModel
    from posture_tools.bodies.render import Renderer

PROG = "python -m posture_tools.bodies"


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog=PROG,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=("pack", "sheet", "bake", "exam"))
    parser.add_argument("out", type=Path, help="pack: file without suffix; sheet: a PNG")
    parser.add_argument("--seed", type=int, default=0, help="of bodies, clothes and rooms")
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--visits", type=int, default=1, help="exam: pictures of each person")
    parser.add_argument(
        "--changed", action="store_true", help="exam: with other measures in the last of them"
    )
    parser.add_argument(
        "--frames", type=int, default=0, help="exam: of a hold of each, in shorts or tights"
    )
    parser.add_argument("--split", choices=("train", "val", "test"), default="train")
    parser.add_argument(
        "--pack",
        type=Path,
        action="append",
        default=[],
        help="a training pack or a folder whose photographs of places are backgrounds",
    )
    options = parser.parse_args(argv)
    if not options.out.parent.is_dir():
        parser.error(f"there is no folder {options.out.parent}; make it first")
    if options.frames and (options.visits > 1 or options.changed):
        parser.error("--frames is a hold, --visits and --changed come again: ask for one")
    if options.changed and options.visits < 2:
        parser.error("--changed changes the last visit: give --visits 2 or more")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import torch
    from posture_tools.bodies.baked import bake
    from posture_tools.bodies.pack import PackWriter, contact_sheet
    from posture_tools.bodies.render import Renderer

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    places = [p for pack in options.pack for p in backgrounds(pack, options.split)]
    renderer = Renderer(options.split, places)
    if options.command == "bake":
        bake(renderer.model, _everybody(renderer.model), options.out)
        return 0
    rng = np.random.default_rng([{"train": 0, "val": 1, "test": 2}[options.split], options.seed])
    if options.command == "exam":
        _examine(renderer, rng, options)
        return 0
    writer, began = PackWriter(options.out), time.monotonic()
    pictures: list[NDArray[np.uint8]] = []
    while len(pictures) < options.count:
        rendered = renderer.anybody(rng)
        if options.command == "sheet":
            pictures.append(rendered.picture)
            continue
        writer.add(rendered, int(rng.integers(70, 96)))
        pictures.append(rendered.picture[:1, :1])
        if len(pictures) % 100 == 0:
            pace = (time.monotonic() - began) / len(pictures)
            print(f"{len(pictures)} pictures, {pace:.2f} s each", file=sys.stderr, flush=True)
    if options.command == "sheet":
        cv2.imwrite(str(options.out), contact_sheet(pictures))
    else:
        writer.write()
    return 0


def _examine(renderer: Renderer, rng: np.random.Generator, options: argparse.Namespace) -> None:
    """A pack of test bodies, as many of each view, each as often as it visits."""
    from posture_tools.bodies.exam import VIEWS, draw_hold, draw_visits
    from posture_tools.bodies.pack import PackWriter

    writer, count = PackWriter(options.out), options.count
    for n in range(count):
        for i, view in enumerate(VIEWS):
            person = n * len(VIEWS) + i
            for examined in (
                draw_hold(renderer, view, rng, options.frames, person)
                if options.frames
                else draw_visits(
                    renderer, view, rng, options.visits, person, changed=options.changed
                )
            ):
                writer.add_examined(examined, 92)
        if (n + 1) % 25 == 0:
            print(f"{n + 1} of {count} of each view", file=sys.stderr, flush=True)
    writer.write()


def _everybody(model: BodyModel) -> dict[str, Shape]:
    """Who is baked: a man and a woman of average build, and a child of ten."""
    builds = {"man": (35.0, False), "woman": (35.0, True), "child": (10.0, True)}
    rng = np.random.default_rng(0)
    people = {}
    for name, (age_years, female) in builds.items():
        shape = model.sample_shape(rng, age_years, female=female)
        average = dict.fromkeys(("weight", "muscle", "proportions", "height"), 0.5)
        gender = 1.0 if female else 0.0
        people[name] = replace(shape, phenotype={**shape.phenotype, **average, "gender": gender})
    return people


def backgrounds(pack: Path, split: str) -> list[NDArray[np.uint8]]:
    """Photographs of places: those of a training pack in this split, or all of a plain folder."""
    if not (pack / "index.npz").exists():
        return [_decoded(path.read_bytes(), path) for path in sorted(pack.glob("*.[jp][pn]g"))]
    if split == "test":
        return []
    index = dict(np.load(pack / "index.npz"))
    if "backgrounds" not in index["set_names"]:
        return []
    data = np.memmap(pack / "images.bin", np.uint8, "r")
    of_places = index["set_id"] == list(index["set_names"]).index("backgrounds")
    rows = np.flatnonzero(of_places & (index["split"] == (0 if split == "train" else 1)))
    return [
        _decoded(bytes(data[offset : offset + length]), pack)
        for offset, length in zip(index["offset"][rows], index["length"][rows], strict=True)
    ]


def _decoded(stream: bytes, where: Path) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(stream, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{where}: a photograph cannot be read")
    return picture.astype(np.uint8)


if __name__ == "__main__":
    with told_plainly(PROG, "bodies"):
        sys.exit(main())
