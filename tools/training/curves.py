"""The learning curves of the runs as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from posture_tools.training.recipe import RECIPES

Rows = Sequence[Mapping[str, float]]

# What each panel draws: names that begin and end so.
_PANELS = (
    ("training loss", "", ("photo", "body", "heatmaps", "pafs", "photo_place", "body_place")),
    ("slope, held-out renders", "_slope", ()),
    ("residual SD in deg, held-out renders", "_sd", ()),
    ("PCK@0.2 of photographs; people found", "", ()),
)
_SHARES = ("pck_", "found_")


def draw_curves(runs: Path, path: Path) -> None:
    """Draw the logs of all runs of a folder as PNG: a row of panels a run.

    Raises
    ------
    FileNotFoundError : no run has a log there.
    """
    logs = {name: _rows(runs / name / "log.jsonl") for name in RECIPES}
    logs = {name: rows for name, rows in logs.items() if rows}
    if not logs:
        raise FileNotFoundError(f"{runs} holds no run with a log: train one first")
    mpl.use("agg")
    figure = Figure(figsize=(20, 4.6 * len(logs)), layout="constrained")
    panels = figure.subplots(len(logs), len(_PANELS), squeeze=False)
    for (name, rows), axes in zip(logs.items(), panels, strict=True):
        known = list(dict.fromkeys(key for row in rows for key in row))
        for (title, ending, listed), axis in zip(_PANELS, axes, strict=True):
            chosen = [key for key in known if key in listed or (ending and key.endswith(ending))]
            if not ending and not listed:
                chosen = [key for key in known if key.startswith(_SHARES)]
            _draw(axis, rows, chosen, ending)
            axis.set_ylabel(title)
        axes[0].set_title(name, loc="left")
    figure.savefig(path, dpi=100)


def _rows(path: Path) -> Rows:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def _draw(axis: Axes, rows: Rows, names: Sequence[str], ending: str) -> None:
    """One colour a quantity, dashed for whole crops where close ones have the same."""
    colours: dict[str, str] = {}
    for name in names:
        what = name.removesuffix(ending).removeprefix("whole_").removeprefix("close_")
        colour = colours.setdefault(what, f"C{len(colours)}")
        at = [row["images"] / 1000 for row in rows if name in row]
        style = "--" if name.startswith("whole_") else "-"
        label = name.removesuffix(ending)
        axis.plot(at, [row[name] for row in rows if name in row], style, color=colour, label=label)
    axis.set_xlabel("thousand pictures, in total")
    axis.grid(alpha=0.3)
    if names:
        axis.legend(fontsize=6, ncols=2)
