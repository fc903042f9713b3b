"""`posture-station calibrate`: the lens, where down is, the scale, and marks that guard all three.

calibrate print FOLDER      a board and two wall markers to print
calibrate lens              the board shown at many angles
calibrate picture FILE      a picture in which to read the ends of plumb lines
calibrate stance            two plumb lines, or a levelled board, where the person will stand
calibrate marks             the two markers on the wall
calibrate show              what is known, how old it is, whether it may be trusted
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path

import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.camera.sources import camera_for
from edge.desk.outputs import Outputs
from edge.desk.picture_file import encoder, write_picture
from edge.errors import CalibrationInvalid, ImageUnreadable
from edge.output import write_output
from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.gravity import gravity_of_plumb_lines, roll_pitch_deg
from edge.records import Frame
from edge.screening import boards
from edge.screening.boards import MARKERS, WALL_MARKS, Board, Found, Lens
from edge.screening.calibration_guard import WallGuard
from edge.screening.stored import (
    Stored,
    StoredLens,
    StoredMarks,
    StoredStance,
    load_calibration,
    save_calibration,
)
from edge.settings import Settings
from edge.shown import shown

_MOST_FRAMES = 600  # of a camera, while somebody turns the board about
_MOST_PICTURES = 30
_ANOTHER = 0.03  # of the picture's width: how far the corners of a new picture must have moved
_LEAST_ROLL_SD_DEG = 0.02
_SQUARE_PX, _MARK_PX = 200, 800


def run(settings: Settings, options: Namespace) -> int:
    """Do one step; returns 1 where `show` finds a calibration that must not be trusted."""
    if options.step == "print":
        return _print_sheets(options, Board.parse(options.board))
    if options.step == "picture":
        return _picture(settings, options)
    if options.step == "show":
        return _show(settings, as_json=options.json)
    stored = load_calibration(settings.state_path)
    if options.step == "lens":
        stored = _lens(settings, stored, Board.parse(options.board))
    elif options.step == "marks":
        stored = _marks(settings, stored)
    else:
        stored = _stance(settings, stored, options)
    path = save_calibration(settings.state_path, stored)
    _say(f"Kept in {path}. A running station takes it at its next start.")
    return 0


def _say(text: str) -> None:
    Console().print(shown(text), highlight=False, markup=False, soft_wrap=True)


def _frames(settings: Settings) -> Iterator[Frame]:
    camera = camera_for(settings.camera)
    with closing(camera):
        camera.open()
        while True:
            try:
                frame = camera.read()
            except ImageUnreadable as damaged:  # of a folder the others may do
                Console(stderr=True).print(str(damaged), markup=False, highlight=False)
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


def _print_sheets(options: Namespace, board: Board) -> int:
    outputs = Outputs([], overwrite=options.overwrite)
    folder = outputs.claim_folder(options.folder)
    sheets = {"board.png": board.draw(_SQUARE_PX)}
    for mark in WALL_MARKS:
        drawn = cv2.aruco.generateImageMarker(MARKERS, mark, _MARK_PX)
        sheets[f"mark_{mark}.png"] = np.pad(drawn, _MARK_PX // 8, constant_values=255)
    paths = [outputs.claim(folder / name) for name in sheets]
    outputs.make_folders()
    for path, image in zip(paths, sheets.values(), strict=True):
        write_picture(path, np.asarray(image, np.uint8))
    _say(
        f"{', '.join(sheets)} in {folder}. Print the board so that a square measures "
        f"{board.square_mm:g} mm, and the markers 100 mm or wider."
    )
    return 0


def _picture(settings: Settings, options: Namespace) -> int:
    source = Path(settings.camera.source)
    path = Outputs([source], overwrite=options.overwrite).claim(options.file)
    encode = encoder(path)
    frame = _frame(settings)
    write_output(path, encode(frame.image))
    _say(f"{path}, {frame.width_px} x {frame.height_px} px. Remove it when you have calibrated.")
    return 0


def _lens(settings: Settings, stored: Stored, board: Board) -> Stored:
    found: list[Found] = []
    size = (0, 0)
    frames = islice(_frames(settings), _MOST_FRAMES)
    for frame in track(frames, "looking", total=None, console=Console(stderr=True), transient=True):
        if size not in ((0, 0), _size(frame)):
            raise CalibrationInvalid(
                f"{frame.name} has another size than the pictures before it.",
                "Use pictures of one camera at one resolution.",
            )
        size = _size(frame)
        corners = boards.find_board(board, frame.image)
        if corners is not None and all(_moved(corners, f) > _ANOTHER * size[0] for f in found):
            found.append(corners)
        if len(found) == _MOST_PICTURES:
            break
    lens = boards.solve_lens(found, size)
    x, y = lens.centre_px
    _say(
        f"Focal length {lens.focal_px:.1f} px, centre {x:.1f}, {y:.1f} px; corners lie "
        f"{lens.rms_px:.2f} px off in {len(found)} pictures."
    )
    kept = StoredLens(_today(), size, lens.focal_px, lens.centre_px, lens.distortion, lens.rms_px)
    if stored.stance is not None or stored.marks is not None:
        _say("Stance and marks were measured with another lens: measure them again.")
    return Stored(lens=kept)


def _moved(a: Found, b: Found) -> float:
    return float(np.linalg.norm(a.in_picture_px.mean(axis=0) - b.in_picture_px.mean(axis=0))) + abs(
        float(np.ptp(a.in_picture_px, axis=0).sum() - np.ptp(b.in_picture_px, axis=0).sum())
    )


def _stance(settings: Settings, stored: Stored, options: Namespace) -> Stored:
    frame = _frame(settings)
    if stored.lens is not None and stored.lens.picture_px != _size(frame):
        raise CalibrationInvalid(
            f"The lens was calibrated in pictures of {stored.lens.picture_px} px, and these have "
            f"{_size(frame)} px.",
            "Set the camera to the same resolution, or calibrate the lens again.",
        )
    if options.board:
        stance = _by_board(frame, stored, Board.parse(options.board))
    elif options.plumb:
        stance = _by_plumb_lines(frame, stored, np.array(options.plumb), options.length)
    else:
        raise CalibrationInvalid(
            "Nothing says where down is.", "Give --plumb X1,Y1,X2,Y2 twice, or --board."
        )
    scale = "no scale" if stance.mm_per_px is None else f"{stance.mm_per_px:.3f} mm/px"
    _say(
        f"Roll {stance.roll_deg:+.2f} deg (± {1.96 * stance.roll_sd_deg:.2f}), pitch "
        f"{stance.pitch_deg:+.2f} deg, {scale}."
    )
    return msgspec.structs.replace(stored, stance=stance)


def _by_board(frame: Frame, stored: Stored, board: Board) -> StoredStance:
    if stored.lens is None:
        raise CalibrationInvalid(
            "A board shows where down is only through a known lens.", "Run calibrate lens first."
        )
    found = boards.find_board(board, frame.image)
    if found is None:
        raise CalibrationInvalid(
            "The board is not in the picture.", "Hang it level where the person will stand."
        )
    known = stored.lens
    lens = Lens(known.focal_px, known.centre_px, known.distortion, known.rms_px)
    stand = boards.stand_of_board(found, lens)
    roll, pitch = roll_pitch_deg(stand.gravity)
    slope = np.array(
        [roll_pitch_deg(stand.gravity + 1e-6 * unit)[0] - roll for unit in np.eye(3)]
    ) / 1e-6  # fmt: skip
    ahead = np.array([0.0, 0.0, 1.0]) - stand.gravity[2] * stand.gravity
    depth_mm = float(stand.centre_mm @ ahead) / float(np.linalg.norm(ahead))
    return StoredStance(
        _today(), _size(frame), roll, pitch,
        max(_LEAST_ROLL_SD_DEG, float(np.sqrt(slope @ stand.covariance @ slope))),
        depth_mm / known.focal_px,
    )  # fmt: skip


def _by_plumb_lines(
    frame: Frame, stored: Stored, ends_px: Float64, length_mm: float | None
) -> StoredStance:
    lens = msgspec.structs.replace(stored, stance=None).calibration
    gravity, roll_sd = gravity_of_plumb_lines(ends_px, lens)
    roll, pitch = roll_pitch_deg(gravity)
    level = Calibration(
        roll_deg=roll, pitch_deg=pitch,
        focal_px=lens.focal_px, centre_px=lens.centre_px, distortion=lens.distortion,
    )  # fmt: skip
    points, _ = level.rectify(ends_px.reshape(-1, 2), np.zeros((2 * len(ends_px), 2, 2)))
    lengths_px = np.linalg.norm(points[1::2] - points[::2], axis=1)
    return StoredStance(
        _today(), _size(frame), roll, pitch, max(_LEAST_ROLL_SD_DEG, roll_sd),
        None if length_mm is None else length_mm / float(lengths_px.mean()),
    )  # fmt: skip


def _marks(settings: Settings, stored: Stored) -> Stored:
    frame = _frame(settings)
    seen = boards.wall_marks_px(frame.image)
    if set(seen) != set(WALL_MARKS):
        raise CalibrationInvalid(
            f"Of the wall markers {WALL_MARKS} the picture shows {sorted(seen) or 'none'}.",
            "Fix both where the camera sees them beside the person, and light them evenly.",
        )
    for mark, (x, y) in seen.items():
        _say(f"Mark {mark} at {x:.1f}, {y:.1f} px.")
    marks = StoredMarks(_today(), _size(frame), {str(mark): at for mark, at in seen.items()})
    return msgspec.structs.replace(stored, marks=marks)


def _show(settings: Settings, *, as_json: bool) -> int:
    stored = load_calibration(settings.state_path)
    frame = _frame(settings)
    guard = WallGuard(
        stored.calibration, stored.marks_px, most_days=settings.screening.calibration_days
    )
    guard.look(frame, empty=True)
    why = guard.reasons(frame)
    if as_json:
        json.dump({**msgspec.to_builtins(stored), "withheld": list(why)}, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 1 if why else 0
    table = Table("step", "measured on", "what")
    for name, kept in (("lens", stored.lens), ("stance", stored.stance), ("marks", stored.marks)):
        if kept is None:
            table.add_row(name, "never", "")
            continue
        what = {k: v for k, v in msgspec.to_builtins(kept).items() if k != "measured_on"}
        table.add_row(name, kept.measured_on, ", ".join(f"{k} {v}" for k, v in what.items()))
    Console().print(table)
    _say(f"Nothing is measured: {', '.join(why)}." if why else "It may be trusted.")
    return 1 if why else 0


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 (the day at the station, for people)
