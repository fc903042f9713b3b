"""The learning curves of the stages as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LOSSES = ("single", "heatmaps", "pafs", "spine")
Logs = Mapping[str, Sequence[Mapping[str, float]]]


def draw_curves(logs: Logs, path: Path) -> None:
    """Draw losses (left) and val PCK@0.2 (right), one stage after the other, as PNG.

    logs: for each stage the rows of its log, oldest first.
    """
    mpl.use("agg")
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    named = {name for rows in logs.values() for row in rows for name in row}
    _draw(losses, logs, [name for name in LOSSES if name in named])
    _draw(scores, logs, sorted(name for name in named if name.startswith("pck_")))
    losses.set_ylabel("training loss")
    scores.set_ylabel("PCK@0.2, val split of the pack")
    figure.savefig(path, dpi=120)


def _draw(axis: Axes, logs: Logs, names: Sequence[str]) -> None:
    """One colour a quantity; a line ends with its stage, whose name stands above."""
    for colour, name in enumerate(names):
        offset = 0.0
        label: str | None = name.removeprefix("pck_")
        for rows in logs.values():
            at = [(offset + row["images"]) / 1000 for row in rows if name in row]
            values = [row[name] for row in rows if name in row]
            if values:
                axis.plot(at, values, ".-", color=f"C{colour}", label=label)
                label = None
            offset += rows[-1]["images"] if rows else 0.0
    offset = 0.0
    for stage, rows in logs.items():
        axis.axvline(offset / 1000, color="0.8", linewidth=1)
        axis.text(
            offset / 1000,
            1.01,
            stage,
            fontsize=7,
            rotation=25,
            transform=axis.get_xaxis_transform(),
        )
        offset += rows[-1]["images"] if rows else 0.0
    axis.set_xlabel("thousand pictures")
    axis.grid(alpha=0.3)
    if names:
        axis.legend(fontsize=7)
