"""`posture-station calibrate`: the lens, where down is, the scale, and marks that guard them."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from edge.cli.output import Output
from edge.cli.verb import OVERWRITE, Verb, argument
from edge.commands.station_options import SOURCE, settings_of

_BOARDS = (
    "checkerboard:9x6:30 (inner corners, side of a square in mm) or charuco:7x5:40:30 (squares, "
    "sides of a square and of a marker in mm)."
)
_BOARD = argument(
    "--board", default="charuco:7x5:40:30", help=f"The board: {_BOARDS} The default is the latter."
)


def _print(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    return calibrate.print_sheets(options.folder, options.board, out, overwrite=options.overwrite)


def _lens(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    return calibrate.lens(settings_of(options), options.board, out)


def _picture(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    return calibrate.picture(settings_of(options), options.file, out, overwrite=options.overwrite)


def _stance(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    settings = settings_of(options)
    if options.board:
        return calibrate.stance_by_board(settings, options.board, out)
    return calibrate.stance_by_plumb_lines(settings, options.plumb, options.length, out)


def _marks(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    return calibrate.marks(settings_of(options), out)


def _show(options: Namespace, out: Output) -> int:
    from edge.commands import calibrate

    return calibrate.show(settings_of(options), out)


def _ends(text: str) -> list[list[float]]:
    try:
        x1, y1, x2, y2 = (float(number) for number in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("write four numbers: X1,Y1,X2,Y2") from error
    return [[x1, y1], [x2, y2]]


def _length(text: str) -> float:
    try:
        length_mm = float(text)
    except ValueError:
        length_mm = 0.0
    if not 100.0 <= length_mm <= 5000.0:
        raise argparse.ArgumentTypeError(f"{text} is no length from 100 to 5000 mm")
    return length_mm


VERB = Verb(
    "calibrate",
    "Measure the lens, where down is and the scale, and keep marks that guard all three. The usual "
    "order is print, lens, stance, marks, show.",
    example="posture-station calibrate print sheets/\n"
    "posture-station calibrate lens --source /dev/video0\n"
    "posture-station calibrate show",
    steps=(
        Verb(
            "print",
            "Make a board and two wall markers to print.",
            example="posture-station calibrate print sheets/",
            run=_print,
            arguments=(
                argument("folder", type=Path, metavar="FOLDER", help="Write the sheets here."),
                _BOARD,
                OVERWRITE,
            ),
        ),
        Verb(
            "lens",
            "Measure the lens by a board that is shown at many angles. Show it also near the "
            "corners of the picture.",
            example="posture-station calibrate lens --source /dev/video0\n"
            "posture-station calibrate lens --source pictures/ --board checkerboard:9x6:30",
            run=_lens,
            measures=True,
            arguments=(_BOARD, SOURCE),
        ),
        Verb(
            "picture",
            "Write one picture, to read the ends of plumb lines in.",
            example="posture-station calibrate picture wall.png",
            run=_picture,
            waits="looking",
            measures=True,
            arguments=(
                argument("file", type=Path, metavar="FILE", help="Write it here, as .png or .jpg."),
                SOURCE,
                OVERWRITE,
            ),
        ),
        Verb(
            "stance",
            "Measure where down is, and how large a millimetre. Use two plumb lines, or a board "
            "hung level, where the person will stand.",
            example="posture-station calibrate stance --plumb 210,80,214,1190 "
            "--plumb 520,82,518,1188 --length 1500",
            run=_stance,
            waits="looking",
            measures=True,
            arguments=(
                argument(
                    "--board", default="", help=f"A board hung level on the foot marks: {_BOARDS}"
                ),
                argument(
                    "--plumb",
                    type=_ends,
                    action="append",
                    default=[],
                    metavar="X1,Y1,X2,Y2",
                    help="Both ends of a plumb line over the foot marks, in px; give it twice.",
                ),
                argument(
                    "--length",
                    type=_length,
                    metavar="MM",
                    help="The length of each plumb line; without it there is no scale.",
                ),
                SOURCE,
            ),
        ),
        Verb(
            "marks",
            "Find the two markers on the wall. They tell later whether the camera was moved.",
            example="posture-station calibrate marks",
            run=_marks,
            waits="looking",
            measures=True,
            arguments=(SOURCE,),
        ),
        Verb(
            "show",
            "Show what is known, how old it is, and whether it may be trusted. The exit status is "
            "1 where it may not.",
            example="posture-station calibrate show --json",
            run=_show,
            arguments=(SOURCE,),
            json="object",
        ),
    ),
)
