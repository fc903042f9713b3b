"""Printed boards and markers found in pictures, and the lens and the stance they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import CalibrationInvalid
from edge.posture.angles import Float64
from edge.posture.lens import Coefficients
from edge.records import Uint8

MARKERS = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
WALL_MARKS = (48, 49)  # far above the numbers on a board
LEAST_PICTURES = 8
_LEAST_CORNERS = 8
_MOST_RMS_PX = 0.5
_REMEDY = "Write checkerboard:9x6:30 (inner corners, mm) or charuco:7x5:40:30 (squares, mm, mm)."


@dataclass(frozen=True)
class Board:
    """columns, rows : inner corners of a checkerboard, squares of a ChArUco board."""

    kind: Literal["checkerboard", "charuco"]
    columns: int
    rows: int
    square_mm: float
    marker_mm: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Board:
        """Read `checkerboard:9x6:30` or `charuco:7x5:40:30`; CalibrationInvalid otherwise."""
        kind, *numbers = text.split(":")
        try:
            columns, rows = (int(n) for n in numbers[0].split("x"))
            sizes = [float(n) for n in numbers[1:]]
            if kind == "checkerboard" and len(sizes) == 1 and min(columns, rows) > 2 < sizes[0]:
                return cls("checkerboard", columns, rows, sizes[0])
            if (
                kind == "charuco"
                and len(sizes) == 2
                and min(columns, rows) > 2 < sizes[1] < sizes[0]
            ):
                return cls("charuco", columns, rows, *sizes)
        except (ValueError, IndexError):
            pass
        raise CalibrationInvalid(f"{text} describes no board.", _REMEDY)

    @property
    def charuco(self) -> Any:
        """OpenCV's own description."""
        size = (self.columns, self.rows)
        return cv2.aruco.CharucoBoard(size, self.square_mm, self.marker_mm, MARKERS)

    def draw(self, square_px: int) -> Uint8:
        """The board as a grey picture with a white edge of one square."""
        if self.kind == "charuco":
            size = ((self.columns + 2) * square_px, (self.rows + 2) * square_px)
            return np.asarray(self.charuco.generateImage(size, marginSize=square_px), np.uint8)
        rows, columns = np.indices((self.rows + 1, self.columns + 1))
        squares = (255 * ((rows + columns) % 2)).astype(np.uint8)
        drawn = squares.repeat(square_px, axis=0).repeat(square_px, axis=1)
        return np.pad(drawn, square_px, constant_values=255)


class Found(NamedTuple):
    """Corners of a board: where they lie on it, (N, 3) mm, and in the picture, (N, 2) px."""

    on_board_mm: Float64
    in_picture_px: Float64


class Lens(NamedTuple):
    """Pinhole and distortion; rms_px of the corners about it."""

    focal_px: float
    centre_px: tuple[float, float]
    distortion: Coefficients
    rms_px: float

    @property
    def matrix(self) -> Float64:
        """(3, 3)."""
        x, y = self.centre_px
        return np.array([[self.focal_px, 0.0, x], [0.0, self.focal_px, y], [0.0, 0.0, 1.0]])


def find_board(board: Board, image: Uint8) -> Found | None:
    """The board's corners to a fraction of a pixel; None where too little of it is seen.

    image : uint8 (H, W, 3), BGR.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if board.kind == "charuco":
        corners, numbers, _, _ = cv2.aruco.CharucoDetector(board.charuco).detectBoard(grey)
        if numbers is None or len(numbers) < _LEAST_CORNERS:
            return None
        on_board = np.asarray(board.charuco.getChessboardCorners(), np.float64)[numbers.ravel()]
    else:
        size = (board.columns, board.rows)
        seen, corners = cv2.findChessboardCornersSB(grey, size, flags=cv2.CALIB_CB_ACCURACY)
        if not seen:
            return None
        y, x = np.indices((board.rows, board.columns)).reshape(2, -1)
        on_board = board.square_mm * np.stack([x, y, np.zeros_like(x)], axis=1)
    return Found(on_board.astype(np.float64), np.asarray(corners, np.float64).reshape(-1, 2))


def moved_px(a: Found, b: Found) -> float:
    """How different two pictures of a board are: how far it moved, and how much it grew, px."""
    shift = float(np.linalg.norm(a.in_picture_px.mean(axis=0) - b.in_picture_px.mean(axis=0)))
    return shift + abs(
        float(np.ptp(a.in_picture_px, axis=0).sum() - np.ptp(b.in_picture_px, axis=0).sum())
    )


def solve_lens(found: Sequence[Found], picture_px: tuple[int, int]) -> Lens:
    """The lens that explains the corners of many pictures best.

    Raises
    ------
    CalibrationInvalid : too few pictures, or corners further off than 0.5 px.
    """
    if len(found) < LEAST_PICTURES:
        raise CalibrationInvalid(
            f"the board was found in {len(found)} pictures, and {LEAST_PICTURES} are needed.",
            "Show it whole, sharp and at many angles, also near the corners of the picture.",
        )
    width, height = picture_px
    guess = Lens(float(max(picture_px)), ((width - 1) / 2, (height - 1) / 2), (0,) * 5, 0.0)
    rms, matrix, distortion, _, _ = cv2.calibrateCamera(
        [f.on_board_mm.astype(np.float32) for f in found],
        [f.in_picture_px.astype(np.float32) for f in found],
        picture_px,
        guess.matrix,
        np.zeros(5),
        flags=cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_ASPECT_RATIO,
    )
    if not rms <= _MOST_RMS_PX:
        raise CalibrationInvalid(
            f"the corners lie {rms:.2f} px off the best lens, and {_MOST_RMS_PX} px are allowed.",
            "Check the sizes given for the board, that it is flat, and that no picture is blurred.",
        )
    k1, k2, p1, p2, k3 = (float(k) for k in np.ravel(distortion)[:5])
    centre = (float(matrix[0, 2]), float(matrix[1, 2]))
    return Lens(float(matrix[0, 0]), centre, (k1, k2, p1, p2, k3), float(rms))


class Stance(NamedTuple):
    """What a levelled board shows: gravity (3,) in camera axes, its covariance, and its place."""

    gravity: Float64
    covariance: Float64
    centre_mm: Float64


def stand_of_board(found: Found, lens: Lens) -> Stance:
    """A board whose edges hang straight down, where the person will stand.

    Raises CalibrationInvalid where the corners allow no place for the board.
    """
    solved, turn, place = cv2.solvePnP(
        found.on_board_mm, found.in_picture_px, lens.matrix, np.array(lens.distortion)
    )
    if not solved:
        raise CalibrationInvalid("the board could not be placed.", "Take a sharper picture of it.")
    _, jacobian = cv2.projectPoints(
        found.on_board_mm, turn, place, lens.matrix, np.array(lens.distortion)
    )
    turning = np.asarray(jacobian, np.float64)[:, :6]
    spread = np.linalg.inv(turning.T @ turning)[:3, :3] * max(lens.rms_px, 0.1) ** 2

    def down(rotation: NDArray[Any]) -> Float64:
        matrix, _ = cv2.Rodrigues(rotation)
        axis = max(matrix[:, 0], matrix[:, 1], key=lambda column: abs(float(column[1])))
        return np.asarray(axis * np.sign(axis[1]), np.float64)

    step = 1e-5
    slope = np.stack(
        [(down(turn + step * unit) - down(turn - step * unit)) / (2 * step)
         for unit in np.eye(3)[:, :, None]], axis=1,
    )  # fmt: skip
    matrix, _ = cv2.Rodrigues(turn)
    centre = matrix @ found.on_board_mm.mean(axis=0) + place.ravel()
    return Stance(down(turn), slope @ spread @ slope.T, np.asarray(centre, np.float64))


def wall_marks_px(image: Uint8) -> dict[int, tuple[float, float]]:
    """The wall markers that a picture shows: number -> centre, px.

    image : uint8 (H, W, 3), BGR.
    """
    options = cv2.aruco.DetectorParameters()
    options.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    corners, numbers, _ = cv2.aruco.ArucoDetector(MARKERS, options).detectMarkers(
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    )
    seen: dict[int, tuple[float, float]] = {}
    for number, corner in zip(() if numbers is None else np.ravel(numbers), corners, strict=True):
        if int(number) in WALL_MARKS:
            x, y = np.reshape(corner, (4, 2)).mean(axis=0)
            seen[int(number)] = (float(x), float(y))
    return seen
