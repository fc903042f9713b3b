"""The command line for model files. Each verb stands in `tools/models/verbs`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from posture_tools.cli import Program
from posture_tools.models.verbs import VERBS

from edge.inference.opencv_threads import leave_cores_to_networks

PROGRAM = Program(
    "posture-models",
    "Make model files that describe themselves, check them, and publish them to stations.",
    example="posture-models describe model.onnx card.json -o described.onnx\n"
    "posture-models check described.onnx",
    verbs=VERBS,
    extra="models",
)


def main(words: Sequence[str] | None = None) -> int:
    leave_cores_to_networks()
    return PROGRAM.main(words)


if __name__ == "__main__":
    sys.exit(main())
