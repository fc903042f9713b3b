"""What the tables and documents of every examination share."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from posture_tools.evaluate.contenders import Contender


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


def number(value: float, digits: int) -> str:
    """`-` for NaN."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
