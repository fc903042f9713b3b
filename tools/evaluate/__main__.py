"""Accuracy and speed, measured. Each verb stands in `tools/evaluate/verbs`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from posture_tools.cli import Program
from posture_tools.evaluate.verbs import VERBS

from edge.inference.opencv_threads import leave_cores_to_networks

NICENESS = 5

PROGRAM = Program(
    "python -m posture_tools.evaluate",
    "Measure how accurate and how fast models and measures are.",
    example="python -m posture_tools.evaluate compare a.onnx b.onnx --photos photos/",
    verbs=VERBS,
    extra="models",
)


def main(words: Sequence[str] | None = None) -> int:
    leave_cores_to_networks()
    return PROGRAM.main(words)


if __name__ == "__main__":
    os.nice(NICENESS)  # hours of it must not slow the station or the training beside
    sys.exit(main())
