"""The learning curve of a stage as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure


def draw_curves(logs: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Draw losses (left) and val PCK@0.2 (right) of the stages, one after the other, as PNG.

    logs: for each stage the rows of its log, oldest first.
    """
    mpl.use("agg")
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    names = sorted({name for rows in logs.values() for row in rows for name in row})
    offset = 0.0
    for stage, rows in logs.items():
        if not rows:
            continue
        for name in names:
            at = [(offset + row["images"]) / 1000 for row in rows if name in row]
            values = [row[name] for row in rows if name in row]
            if name.startswith("pck_"):
                scores.plot(at, values, marker="o", label=f"{stage}: {name[4:]}")
            elif name not in {"images", "images_per_s"}:
                losses.plot(at, values, marker="o", label=f"{stage}: {name}")
        offset += rows[-1]["images"]
    losses.set_ylabel("training loss")
    scores.set_ylabel("PCK@0.2, val split of the pack")
    for axis in (losses, scores):
        axis.set_xlabel("thousand pictures")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=6)
    figure.savefig(path, dpi=120)
