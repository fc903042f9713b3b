"""What every examination hands out: tables for people, JSON with what made it for machines."""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import msgspec
from posture_tools.evaluate.contenders import Contender
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table


def made_with(contenders: Sequence[Contender]) -> dict[str, Any]:
    """Models by digest, versions, processor."""
    return {
        "models": [
            {"name": c.name, "size_bytes": c.size_bytes, "files": c.models} for c in contenders
        ],
        "made_with": {
            "posture-station": version("posture-station"),
            "onnxruntime": version("onnxruntime"),
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
    }


def write_json(value: Any) -> None:
    """One line on standard output; NaN becomes null."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def write_table(table: Table) -> None:
    """A pipe has no width of its own: figures must not be cut to fit a supposed one."""
    console = Console()
    unbounded = console.options.update(max_width=10_000)
    console.width = max(console.width, Measurement.get(console, unbounded, table).maximum)
    console.print(table)


def write_line(text: str) -> None:
    """A sentence as it is, whatever the width of the terminal."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def number(value: float, digits: int) -> str:
    """`-` for NaN."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
