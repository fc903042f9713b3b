"""The decoder part of `make bench`: times, hard scenes and real maps beside other decoders.

Scenes and rules are those of `bench/bench_decode.py` in the folder of shared test material, and so
is the other decoder, the seed lab's. All meet the same machine in one run. Published figures were
measured elsewhere: they are laid beside ours as multiples of the seed lab's time for one person.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from posture_tools.evaluate import decode_adapter
from posture_tools.evaluate.bench_real_maps import Decoder, Real
from posture_tools.evaluate.decode_stages import stage_times_us
from rich.table import Table

from edge.errors import PartMissing

OURS, SEED_LAB = "posture-station", "seed lab"
SIZE = (46, 54)
PEOPLE = (1, 5, 20, 50)
# Published multiples of the seed lab's one person (2271 us): a numba probe, and C with AVX2.
PROBE = {1: 19 / 2271, 5: 34.5 / 2271, 20: 169 / 2271, 50: 845 / 2271}
YARDSTICK = {1: 8.9 / 2271, 5: 17.7 / 2271, 20: 97 / 2271, 50: 412 / 2271}
_SLOW_FROM = 20  # people from which the seed lab's plain Python takes half a second a frame
_ROUNDS, _RUNS, _SLOW_RUNS = 3, 300, 20


@dataclass(frozen=True, slots=True)
class Speed:
    """One decoder and number of people; `multiple` is of the seed lab's time for one person."""

    decoder: str
    people: int
    median_us: float
    p95_us: float
    multiple: float
    error_cells: float
    recall: float
    stages_us: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hard:
    """One decoder on one named scene; association, merged and ghosts are errors."""

    decoder: str
    scene: str
    found: float
    recall: float
    association_per_100: float
    merged_per_frame: float
    ghosts_per_frame: float


def speed(bench: ModuleType, decoders: Mapping[str, Decoder], frames: int) -> list[Speed]:
    """Clean crowds of growing size; of several rounds the least disturbed counts."""
    rows: list[Speed] = []
    unit_us = 0.0
    for people in PEOPLE:
        scenes = [bench.frame(people, *SIZE, seed) for seed in range(frames)]
        met = {n: d for n, d in decoders.items() if n != SEED_LAB or people < _SLOW_FROM}
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in met}
        for _ in range(_ROUNDS):
            for name, decode in met.items():
                runs = _SLOW_RUNS if name == SEED_LAB else _RUNS
                rounds[name].append(bench.bench(decode, scenes, runs, budget_s=5.0))
        for name, decode in met.items():
            times = min(rounds[name], key=lambda r: r["us_med"])
            found = bench.pool(
                [bench.evaluate(s["people"], decode(s["hm"], s["paf"])) for s in scenes]
            )
            unit_us = unit_us or times["us_med"]
            stages = stage_times_us(decode_adapter.DECODER, scenes) if name == OURS else {}
            rows.append(
                Speed(
                    name, people, times["us_med"], times["us_p95"], times["us_med"] / unit_us,
                    found["err_med"], found["recall"], stages,
                )
            )  # fmt: skip
    return rows


def hard(bench: ModuleType, decoders: Mapping[str, Decoder], frames: int) -> list[Hard]:
    """The scenes that published decoders fail on."""
    rows = []
    for scene in bench.HARD:
        scenes = [bench.hard_frame(scene, *SIZE, seed) for seed in range(frames)]
        for name, decode in decoders.items():
            found = bench.pool(
                [bench.evaluate(s["people"], decode(s["hm"], s["paf"])) for s in scenes]
            )
            rows.append(
                Hard(
                    name, scene, found["found"], found["recall"], found["assoc_per_100"],
                    found["merged_per_frame"], found["ghost_per_frame"],
                )
            )  # fmt: skip
    return rows


def load_bench(shared: Path) -> tuple[ModuleType, dict[str, Decoder]]:
    """The benchmark's scenes, and all decoders: the seed lab's first, it is the unit of time.

    Raises
    ------
    PartMissing : the folder does not hold the benchmark.
    """
    bench = _module(shared / "bench" / "bench_decode.py")
    seed_lab = _module(shared / "bench" / "seed_lab_decoder.py")
    return bench, {SEED_LAB: seed_lab.decode, OURS: decode_adapter.decode}


def _module(path: Path) -> ModuleType:
    if not path.is_file():
        raise PartMissing(f"{path} is missing.", "Name the shared test material with --shared.")
    spec = importlib.util.spec_from_file_location(f"shared_{path.stem}", path)
    assert spec is not None  # noqa: S101 - a .py file always has one
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tables(
    speeds: Sequence[Speed], scenes: Sequence[Hard], photos: Sequence[Real]
) -> Iterable[Table]:
    """Four tables, for people."""
    yield _table(
        f"Decoding {SIZE[0]} x {SIZE[1]} maps, one thread; x = the seed lab's time for one person",
        "decoder, people, median us, p95 us, x, probe x, C x, error cells, recall",
        (
            (
                r.decoder, r.people, f"{r.median_us:.1f}", f"{r.p95_us:.1f}", f"{r.multiple:.4f}",
                f"{PROBE[r.people]:.4f}", f"{YARDSTICK[r.people]:.4f}", f"{r.error_cells:.3f}",
                f"{r.recall:.3f}",
            )
            for r in speeds
        ),
    )  # fmt: skip
    staged = [r for r in speeds if r.stages_us]
    yield _table(
        "Stages of the product's decoder, median us",
        ", ".join(["people", *staged[0].stages_us]),
        ((r.people, *(f"{us:.1f}" for us in r.stages_us.values())) for r in staged),
    )
    yield _table(
        "Hard scenes",
        "scene, decoder, found, recall, association / 100, merged, ghosts",
        (
            (
                r.scene, r.decoder, f"{r.found:.3f}", f"{r.recall:.3f}",
                f"{r.association_per_100:.2f}", f"{r.merged_per_frame:.2f}",
                f"{r.ghosts_per_frame:.2f}",
            )
            for r in scenes
        ),
    )  # fmt: skip
    yield _table(
        "Real photographs, OKS-AP on the same maps",
        "decoder, photos, AP, AP50, AP75, AR, median us, p95 us, forward ms, decoding / forward",
        (
            (
                r.decoder, r.photos, f"{r.ap:.3f}", f"{r.ap50:.3f}", f"{r.ap75:.3f}", f"{r.ar:.3f}",
                f"{r.median_us:.0f}", f"{r.p95_us:.0f}", f"{r.forward_ms:.1f}",
                f"{r.median_us / r.forward_ms / 1e3:.3%}",
            )
            for r in photos
        ),
    )  # fmt: skip


def _table(title: str, headings: str, rows: Iterable[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings.split(", "):
        text = heading in ("decoder", "scene")
        table.add_column(heading, justify="left" if text else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table
