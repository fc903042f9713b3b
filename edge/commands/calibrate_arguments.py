"""What may be written behind `posture-station calibrate`. Light, as `fms_arguments` is."""

from __future__ import annotations

import argparse
from pathlib import Path

_BOARD = "checkerboard:9x6:30 (inner corners, mm) or charuco:7x5:40:30 (squares, mm, mm)"
_DEFAULT_BOARD = "charuco:7x5:40:30"


def add_calibrate(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb and its steps."""
    text = "the lens, where down is, the scale, and marks that guard them"
    calibrate = verbs.add_parser("calibrate", help=text, description=text)
    steps = calibrate.add_subparsers(dest="step", required=True, metavar="STEP")

    sheets = steps.add_parser("print", help="a board and two wall markers to print")
    sheets.add_argument("folder", type=Path, metavar="FOLDER")
    sheets.add_argument("--board", default=_DEFAULT_BOARD, help=_BOARD)

    lens = steps.add_parser("lens", help="from a board shown at many angles")
    lens.add_argument("--board", default=_DEFAULT_BOARD, help=_BOARD)

    picture = steps.add_parser("picture", help="one picture, to read the ends of plumb lines in")
    picture.add_argument("file", type=Path, metavar="FILE")

    stance = steps.add_parser("stance", help="where down is and how large a millimetre")
    stance.add_argument("--board", default="", help=f"hung level on the foot marks: {_BOARD}")
    stance.add_argument(
        "--plumb", type=_ends, action="append", default=[], metavar="X1,Y1,X2,Y2",
        help="both ends of a plumb line over the foot marks, px; twice",
    )  # fmt: skip
    stance.add_argument("--length", type=_length, metavar="MM", help="of each plumb line")

    marks = steps.add_parser("marks", help="find the two markers on the wall")
    show = steps.add_parser("show", help="what is known, and whether it may be trusted")
    show.add_argument("--json", action="store_true", help="for machines")
    for step in (sheets, picture):
        step.add_argument("--overwrite", action="store_true", help="replace files of others too")
    for step in (lens, picture, stance, marks, show):
        step.add_argument("--source", metavar="URI", help="photographs, a video or a camera")


def _ends(text: str) -> list[list[float]]:
    numbers = [float(number) for number in text.split(",")]
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError("four numbers: X1,Y1,X2,Y2")
    return [numbers[:2], numbers[2:]]


def _length(text: str) -> float:
    length_mm = float(text)
    if not 100.0 <= length_mm <= 5000.0:
        raise argparse.ArgumentTypeError("from 100 to 5000 mm")
    return length_mm
