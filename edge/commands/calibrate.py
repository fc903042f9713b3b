"""`posture-station calibrate`: the lens, where down is, the scale, and marks that guard all three.

A function a step; the measuring itself stands in `edge/screening` and `edge/posture`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path

import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.camera.sources import camera_for
from edge.cli.output import Output
from edge.cli.progress import tracked
from edge.desk.outputs import Outputs
from edge.desk.picture_file import encoder, write_picture
from edge.errors import CalibrationInvalid, ImageUnreadable, SettingsInvalid
from edge.output import write_output
from edge.records import Frame
from edge.screening import boards
from edge.screening.boards import MARKERS, WALL_MARKS, Board, Found, Lens
from edge.screening.calibration_guard import LostGuard, WallGuard
from edge.screening.calibration_loss import calibration_lost
from edge.screening.known import known
from edge.screening.stance import MeasuredStance, stance_of_board, stance_of_plumb_lines
from edge.screening.stored import (
    Stored,
    StoredLens,
    StoredMarks,
    StoredStance,
    load_calibration,
    save_calibration,
)
from edge.settings import Settings

_MOST_FRAMES = 600  # of a camera, while somebody turns the board about
_MOST_PICTURES = 30
_ANOTHER = 0.03  # of the picture's width: how far the corners of a new picture must have moved
_SQUARE_PX, _MARK_PX = 200, 800


def _keep(settings: Settings, stored: Stored, out: Output) -> int:
    path = save_calibration(settings.state_path, stored)
    out.line(f"Kept in {path}. A running station takes it at its next start.")
    return 0


def _frames(settings: Settings) -> Iterator[Frame]:
    camera = camera_for(settings.camera)
    with closing(camera):
        camera.open()
        while True:
            try:
                frame = camera.read()
            except ImageUnreadable as damaged:  # of a folder the others may do
                Console(stderr=True).print(Text(str(damaged)), soft_wrap=True)
                continue
            if frame is None:
                return
            yield frame


def _frame(settings: Settings) -> Frame:
    frame = next(_frames(settings), None)
    if frame is None:
        raise CalibrationInvalid("The source shows no picture.", "Name another with --source.")
    return frame


def _size(frame: Frame) -> tuple[int, int]:
    return frame.width_px, frame.height_px


def print_sheets(folder: Path, board_text: str, out: Output, *, overwrite: bool) -> int:
    """A board and two wall markers, as pictures to print."""
    board = Board.parse(board_text)
    outputs = Outputs([], overwrite=overwrite)
    outputs.claim_folder(folder)
    sheets = {"board.png": board.draw(_SQUARE_PX)}
    for mark in WALL_MARKS:
        drawn = cv2.aruco.generateImageMarker(MARKERS, mark, _MARK_PX)
        sheets[f"mark_{mark}.png"] = np.pad(drawn, _MARK_PX // 8, constant_values=255)
    paths = [outputs.claim(folder / name) for name in sheets]
    outputs.make_folders()
    for path, image in zip(paths, sheets.values(), strict=True):
        write_picture(path, np.asarray(image, np.uint8))
    out.line(
        f"{', '.join(sheets)} in {folder}. Print the board so that a square measures "
        f"{board.square_mm:g} mm, and the markers 100 mm or wider."
    )
    return 0


def picture(settings: Settings, path: Path, out: Output, *, overwrite: bool) -> int:
    """One picture, in which to read the ends of plumb lines."""
    Outputs([Path(settings.camera.source)], overwrite=overwrite).claim(path)
    encode = encoder(path)
    frame = _frame(settings)
    write_output(path, encode(frame.image))
    out.line(
        f"{path}, {frame.width_px} x {frame.height_px} px. Remove it when you have calibrated."
    )
    return 0


def lens(settings: Settings, board_text: str, out: Output) -> int:
    """The lens, by the board shown at many angles."""
    board = Board.parse(board_text)
    stored = load_calibration(settings.state_path)
    found: list[Found] = []
    size = (0, 0)
    frames = islice(_frames(settings), _MOST_FRAMES)
    for frame in tracked(frames, "looking"):
        if size not in ((0, 0), _size(frame)):
            raise CalibrationInvalid(
                f"{frame.name} has another size than the pictures before it.",
                "Use pictures of one camera at one resolution.",
            )
        size = _size(frame)
        corners = boards.find_board(board, frame.image)
        if corners is not None and all(
            boards.moved_px(corners, each) > _ANOTHER * size[0] for each in found
        ):
            found.append(corners)
        if len(found) == _MOST_PICTURES:
            break
    solved = boards.solve_lens(found, size)
    x, y = solved.centre_px
    out.line(
        f"Focal length {solved.focal_px:.1f} px, centre {x:.1f}, {y:.1f} px; corners lie "
        f"{solved.rms_px:.2f} px off in {len(found)} pictures."
    )
    if stored.stance is not None or stored.marks is not None:
        out.line("Stance and marks were measured with another lens: measure them again.")
    return _keep(settings, Stored(lens=StoredLens(_today(), size, *solved)), out)


def stance_by_board(settings: Settings, board_text: str, out: Output) -> int:
    """Where down is and the scale, by a board hung level on the foot marks."""
    board = Board.parse(board_text)
    stored, frame = load_calibration(settings.state_path), _frame(settings)
    _check_size(stored, frame)
    known = stored.lens
    if known is None:
        raise CalibrationInvalid(
            "A board shows where down is only through a known lens.", "Run calibrate lens first."
        )
    found = boards.find_board(board, frame.image)
    if found is None:
        raise CalibrationInvalid(
            "The board is not in the picture.", "Hang it level where the person will stand."
        )
    by = Lens(known.focal_px, known.centre_px, known.distortion, known.rms_px)
    return _keep_stance(settings, stored, frame, stance_of_board(found, by), out)


def stance_by_plumb_lines(
    settings: Settings, ends_px: Sequence[object], length_mm: float | None, out: Output
) -> int:
    """Where down is, by 1 or 2 plumb lines over the foot marks; the scale, if they have a length.

    ends_px : for each line ((x1, y1), (x2, y2)).
    """
    if not ends_px:
        raise SettingsInvalid(
            "Nothing says where down is.", "Give --plumb X1,Y1,X2,Y2 twice, or --board."
        )
    stored, frame = load_calibration(settings.state_path), _frame(settings)
    _check_size(stored, frame)
    through = msgspec.structs.replace(stored, stance=None).calibration
    found = stance_of_plumb_lines(np.array(ends_px, np.float64), through, length_mm)
    return _keep_stance(settings, stored, frame, found, out)


def _check_size(stored: Stored, frame: Frame) -> None:
    if stored.lens is not None and stored.lens.picture_px != _size(frame):
        raise CalibrationInvalid(
            f"The lens was calibrated in pictures of {stored.lens.picture_px} px, and these have "
            f"{_size(frame)} px.",
            "Set the camera to the same resolution, or calibrate the lens again.",
        )


def _keep_stance(
    settings: Settings, stored: Stored, frame: Frame, found: MeasuredStance, out: Output
) -> int:
    scale = "no scale" if found.mm_per_px is None else f"{found.mm_per_px:.3f} mm/px"
    out.line(
        f"Roll {found.roll_deg:+.2f} deg (± {1.96 * found.roll_sd_deg:.2f}), pitch "
        f"{found.pitch_deg:+.2f} deg, {scale}."
    )
    kept = StoredStance(_today(), _size(frame), *found)
    return _keep(settings, msgspec.structs.replace(stored, stance=kept), out)


def marks(settings: Settings, out: Output) -> int:
    """The two markers on the wall, which tell later whether the camera was moved."""
    stored, frame = load_calibration(settings.state_path), _frame(settings)
    seen = boards.wall_marks_px(frame.image)
    if set(seen) != set(WALL_MARKS):
        raise CalibrationInvalid(
            f"Of the wall markers {WALL_MARKS} the picture shows {sorted(seen) or 'none'}.",
            "Fix both where the camera sees them beside the person, and light them evenly.",
        )
    for mark, (x, y) in seen.items():
        out.line(f"Mark {mark} at {x:.1f}, {y:.1f} px.")
    kept = StoredMarks(_today(), _size(frame), {str(mark): at for mark, at in seen.items()})
    return _keep(settings, msgspec.structs.replace(stored, marks=kept), out)


def show(settings: Settings, out: Output) -> int:
    """What is known. Returns 1 for a calibration that must not be trusted."""
    stored = load_calibration(settings.state_path)
    frame = _frame(settings)
    days = settings.screening.calibration_days
    wall = WallGuard(stored.calibration, stored.marks_px, most_days=days)
    guard = LostGuard() if calibration_lost(settings.state_path) else wall
    guard.look(frame, empty=True)
    why = guard.reasons(frame)
    parts = known(stored)
    assumed = [part.of for part in parts if part.assumed]
    out.answer({**msgspec.to_builtins(stored), "assumed": assumed, "withheld": list(why)})
    table = Table("of", "measured on", "what")
    for part in parts:
        table.add_row(part.of, part.measured_on or "never: assumed", part.what)
    out.table(table)
    out.line(_trust(why, assumed, len(parts)))
    return 1 if why else 0


def _trust(why: tuple[str, ...], assumed: list[str], parts: int) -> str:
    if why:
        return f"Nothing is measured: {', '.join(why)}."
    if len(assumed) == parts:
        return "Nothing was calibrated: all of it is assumed."
    if assumed:
        return f"What was measured may be trusted; assumed: {', '.join(assumed)}."
    return "It may be trusted."


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 (the day at the station, for people)
