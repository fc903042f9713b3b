"""Calibration against rendered boards and plumb lines whose truth is known."""

from __future__ import annotations

import json
from datetime import date

import cv2
import numpy as np
import pytest
from posture_tools.mannequin import CameraPose
from simulators.calibration_scene import Scene, hung
from simulators.standing_person import Pinhole, seen

from edge.__main__ import main
from edge.errors import CalibrationInvalid, SettingsInvalid
from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.gravity import gravity_of_plumb_lines, roll_pitch_deg
from edge.posture.lens import distort, undistort
from edge.records import Frame
from edge.screening.boards import MARKERS, Board, find_board, solve_lens, wall_marks_px
from edge.screening.calibration_guard import WallGuard
from edge.screening.stored import FILE_NAME, load_calibration

CAMERA = CameraPose(
    3.0, 0.95, 2.0, 3.0, 650.0, (-0.08, 0.02, 0.001, -0.0005, 0.0), width_px=360, height_px=480
)
CHARUCO = Board.parse("charuco:7x5:40:30")
CHECKERBOARD = Board.parse("checkerboard:8x5:40")


def board_scene(board: Board, at_mm, turn_deg=(0.0, 0.0, 0.0), mm_per_pixel=1.0) -> np.ndarray:
    return Scene(CAMERA, [hung(board.draw(40), mm_per_pixel, at_mm, turn_deg)]).render()


def write(folder, **pictures):
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return str(folder)


def run(state, source, step, *options):
    settings = state / "station.toml"
    settings.write_text(f'state_dir = "{state}"\n[camera]\nsource = "{source}"\n')
    return main(["calibrate", step, *map(str, options), "--settings", str(settings)])


@pytest.fixture(scope="module")
def lens_pictures(tmp_path_factory):
    """Ten views of a ChArUco board that reach into the corners of the picture."""
    rng = np.random.default_rng(4)
    places = [(x, y) for x in (-110, 0, 110) for y in (-170, 0, 170)] + [(40, 60)]
    pictures = {
        f"{i}": board_scene(CHARUCO, (x, y, rng.uniform(560, 760)), (*rng.uniform(-30, 30, 2), 5))
        for i, (x, y) in enumerate(places)
    }
    return write(tmp_path_factory.mktemp("lens"), **pictures)


@pytest.fixture
def state(tmp_path, lens_pictures):
    """A station whose lens is calibrated."""
    assert run(tmp_path, lens_pictures, "lens") == 0
    return tmp_path


def test_a_lens_from_a_charuco_board(state):
    lens = load_calibration(state).lens
    assert lens.focal_px == pytest.approx(650.0, rel=0.01)
    assert lens.centre_px == pytest.approx((179.5, 239.5), abs=3.0)
    assert lens.rms_px < 0.2
    corners = np.array([[0.2, 0.3], [-0.25, -0.3], [0.1, -0.2]])
    wanted, found = distort(corners, CAMERA.distortion), distort(corners, lens.distortion)
    assert np.abs(wanted - found).max() * 650.0 < 1.0


def test_both_kinds_of_board_are_found_to_a_tenth_of_a_pixel():
    for board in (CHARUCO, CHECKERBOARD):
        found = find_board(board, board_scene(board, (10, 20, 800), (10, 15, 0)))
        on_board = found.on_board_mm
        turned = cv2.solvePnP(on_board, found.in_picture_px, CAMERA.matrix,
                              np.array(CAMERA.distortion))  # fmt: skip
        back, _ = cv2.projectPoints(on_board, *turned[1:], CAMERA.matrix,
                                    np.array(CAMERA.distortion))  # fmt: skip
        assert np.sqrt(np.mean((back.reshape(-1, 2) - found.in_picture_px) ** 2)) < 0.1


def test_too_few_pictures_make_no_lens():
    found = find_board(CHARUCO, board_scene(CHARUCO, (0, 0, 700)))
    with pytest.raises(CalibrationInvalid, match="found in 3 pictures"):
        solve_lens([found] * 3, (360, 480))


def test_a_levelled_board_shows_gravity_and_scale(state, tmp_path):
    picture = board_scene(CHARUCO, (60, 150, 2600.0), mm_per_pixel=3.2)  # squares of 128 mm
    source = write(tmp_path / "stance", board=picture)
    assert run(state, source, "stance", "--board", "charuco:7x5:128:96") == 0
    stance = load_calibration(state).stance
    assert stance.roll_deg == pytest.approx(3.0, abs=0.1)
    assert stance.pitch_deg == pytest.approx(2.0, abs=1.0)
    assert stance.mm_per_px == pytest.approx(2600.0 / 650.0, rel=0.015)


def plumb_ends(camera: CameraPose) -> np.ndarray:
    """Two lines of 1.5 m, 1.5 m apart, at the stance mark: (2, 2, 2) px."""
    world = np.array([[x, y, 0.0] for x in (-0.75, 0.75) for y in (1.8, 0.3)])
    return camera.project(camera.to_camera(world)).reshape(2, 2, 2)


def test_two_plumb_lines_show_gravity_and_scale(tmp_path):
    wide = CameraPose(3.0, 0.95, 2.0, 3.0, 500.0, width_px=480, height_px=480)
    source = write(tmp_path / "stance", wall=np.full((480, 480, 3), 200, np.uint8))
    ends = plumb_ends(wide)
    lines = [f"--plumb={','.join(map(str, line.ravel()))}" for line in ends]
    assert run(tmp_path, source, "stance", *lines, "--length", 1500) == 0
    alone = load_calibration(tmp_path).stance
    assert alone.pitch_deg == 0.0, "without a lens there is no pitch"
    assert alone.roll_deg == pytest.approx(3.0, abs=0.2)

    lens = Calibration(focal_px=500.0, centre_px=(239.5, 239.5))
    gravity, roll_sd = gravity_of_plumb_lines(ends, lens)
    assert roll_pitch_deg(gravity) == pytest.approx((3.0, 2.0), abs=1e-3)
    rng = np.random.default_rng(2)
    rolls = [
        roll_pitch_deg(gravity_of_plumb_lines(ends + rng.normal(0, 0.5, ends.shape), lens)[0])[0]
        for _ in range(200)
    ]
    assert np.std(rolls) == pytest.approx(roll_sd, rel=0.2)
    for known in (lens, Calibration()):  # whichever end is marked first
        upwards, _ = gravity_of_plumb_lines(ends[:, ::-1], known)
        assert upwards == pytest.approx(gravity_of_plumb_lines(ends, known)[0], abs=1e-9)


def test_plumb_lines_that_say_nothing_are_refused():
    ends = plumb_ends(CAMERA)
    with pytest.raises(CalibrationInvalid, match="shorter"):
        gravity_of_plumb_lines(ends * 0.1, LEVEL)
    lens = Calibration(focal_px=650.0, centre_px=(179.5, 239.5))
    level = np.array([[[20.0, 100.0], [320.0, 100.0]]])
    for lying in (level, level + np.array([[0.0, 0.0], [0.0, 40.0]])):
        with pytest.raises(CalibrationInvalid, match="nearer to level"):
            gravity_of_plumb_lines(lying, Calibration())
    with pytest.raises(CalibrationInvalid, match="look like one"):
        gravity_of_plumb_lines(np.stack([ends[0], ends[0] + [2.0, 0.0]]), lens)


def test_points_are_straightened_and_their_covariance_with_them():
    rng = np.random.default_rng(3)
    points = rng.uniform(-0.3, 0.3, (20, 2))
    straight, slope = undistort(distort(points, CAMERA.distortion), CAMERA.distortion)
    assert straight == pytest.approx(points, abs=1e-9)
    step = 1e-5
    moved, _ = undistort(
        distort(points, CAMERA.distortion) + np.array([step, 0.0]), CAMERA.distortion
    )
    assert (moved - straight) / step == pytest.approx(slope[:, :, 0], abs=1e-3)


def test_a_camera_rolled_by_3_degrees_and_calibrated_measures_the_same_within_a_tenth():
    """Through plumb lines in the rolled picture, not through a calibration told the truth."""
    rolled = Pinhole(roll_deg=3.0)
    world = {f"{x}{y}": np.array([x, y, 0.0]) for x in (-0.75, 0.75) for y in (1.6, 0.2)}
    image = rolled.project(world, 0.0)
    ends = np.array(list(image.values())).reshape(2, 2, 2)
    lens = Calibration(focal_px=rolled.focal_px, centre_px=(540.0, 960.0))
    roll, pitch = roll_pitch_deg(gravity_of_plumb_lines(ends, lens)[0])
    calibrated = Calibration(
        roll_deg=roll, pitch_deg=pitch, focal_px=rolled.focal_px, centre_px=(540.0, 960.0)
    )
    for view in ("front", "right", "back", "left"):
        upright = assess(seen(view, sigma_px=1.0), view, lens)
        turned = assess(seen(view, camera=rolled, sigma_px=1.0), view, calibrated)
        for a, b in zip(upright, turned, strict=True):
            if a.unit == "deg" and a.value is not None:
                assert b.value == pytest.approx(a.value, abs=0.1), a.code


def wall(shift_px=0.0) -> np.ndarray:
    """Two printed markers beside where a person stands."""
    picture = np.full((640, 480, 3), 200, np.uint8)
    for mark, x in ((48, 30), (49, 390)):
        drawn = cv2.aruco.generateImageMarker(MARKERS, mark, 48)
        picture[60:108, x : x + 48] = drawn[:, :, None]
    moved = np.float32([[1, 0, shift_px], [0, 1, 0]])
    return cv2.warpAffine(picture, moved, (480, 640), borderValue=(200, 200, 200))


def guard_of(marks_px, **calibration):
    known = Calibration(picture_px=(480, 640), measured_on="2026-01-10", **calibration)
    return WallGuard(known, marks_px, most_days=365, today=lambda: date(2026, 11, 21))


def test_wall_marks_guard_against_a_moved_camera():
    marks = wall_marks_px(wall())
    assert marks[48] == pytest.approx((53.5, 83.5), abs=0.5)
    guard = guard_of(marks)
    still, moved = (Frame(wall(shift), 0, t) for t, shift in ((0, 0.0), (601 * 10**9, 5.0)))
    assert guard.reasons(still) == ("calibration_marks_not_seen",), "not before they were seen"
    guard.look(still, empty=True)
    assert guard.reasons(still) == ()
    guard.look(moved, empty=False)
    assert guard.reasons(moved) == ("calibration_suspect",)


def test_a_shift_of_two_pixels_is_none():
    guard = guard_of(wall_marks_px(wall()))
    guard.look(Frame(wall(2.0), 0, 0), empty=True)
    assert guard.reasons(Frame(wall(2.0), 0, 0)) == ()


def test_a_person_before_the_marks_is_no_alarm_but_a_bare_wall_is():
    guard = guard_of(wall_marks_px(wall()))
    bare = np.full((640, 480, 3), 200, np.uint8)
    guard.look(Frame(wall(), 0, 0), empty=True)
    guard.look(Frame(bare, 0, 601 * 10**9), empty=False)
    assert guard.reasons(Frame(bare, 0, 601 * 10**9)) == ()
    guard.look(Frame(bare, 0, 1202 * 10**9), empty=True)
    assert guard.reasons(Frame(bare, 0, 1202 * 10**9)) == ("calibration_marks_not_seen",)


def test_a_stale_calibration_and_another_picture_size_are_withheld():
    stale = WallGuard(
        Calibration(measured_on="2025-01-10"), {}, most_days=365, today=lambda: date(2026, 11, 21)
    )
    assert stale.reasons(Frame(wall(), 0, 0)) == ("calibration_stale",)
    other = guard_of({})
    assert other.reasons(Frame(np.zeros((480, 640, 3), np.uint8), 0, 0)) == (
        "calibration_of_another_picture_size",
    )


def test_marks_are_stored_and_shown(tmp_path, capsys):
    source = write(tmp_path / "wall", wall=wall())
    assert run(tmp_path, source, "marks") == 0
    capsys.readouterr()
    assert run(tmp_path, source, "show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["withheld"] == []
    moved = write(tmp_path / "moved", wall=wall(9.0))
    assert run(tmp_path, moved, "show") == 1
    assert "calibration_suspect" in capsys.readouterr().out


def test_what_was_measured_and_what_is_assumed_is_told_apart(tmp_path, capsys):
    source = write(tmp_path / "wall", wall=wall())

    def shown():
        capsys.readouterr()
        assert run(tmp_path, source, "show", "--json") == 0
        assumed = json.loads(capsys.readouterr().out)["assumed"]
        assert run(tmp_path, source, "show") == 0
        return assumed, capsys.readouterr().out

    assumed, said = shown()
    assert assumed == ["lens", "level", "scale", "marks"]
    assert "trusted" not in said
    assert "lengths are refused" in said
    assert run(tmp_path, source, "marks") == 0
    assumed, said = shown()
    assert assumed == ["lens", "level", "scale"]
    assert "assumed: lens, level, scale" in said


def test_printed_sheets_hold_a_board_and_two_markers(tmp_path):
    assert run(tmp_path, "", "print", tmp_path / "print") == 0
    drawn = cv2.imread(str(tmp_path / "print" / "board.png"))
    assert find_board(CHARUCO, cv2.resize(drawn, None, fx=0.3, fy=0.3)) is not None
    assert len(list((tmp_path / "print").iterdir())) == 3


def test_a_damaged_calibration_is_not_measured_with(tmp_path):
    (tmp_path / FILE_NAME).write_text("[lens]\nfocal_px = -1\n")
    with pytest.raises(SettingsInvalid, match="calibration"):
        load_calibration(tmp_path)


@pytest.mark.parametrize("text", ["charuco:7x5:30:40", "checkerboard:9:30", "board", "charuco:axb"])
def test_a_board_that_cannot_be_is_refused(text):
    with pytest.raises(CalibrationInvalid):
        Board.parse(text)
