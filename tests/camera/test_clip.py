"""What a video says of itself is believed: times, pixels, turning, length. What lacks is told."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from simulators.clips import FPS, SIZE, cut, picture, set_matrix, write_clip

from edge.camera.clip import Clip
from edge.errors import ImageUnreadable, SourceInvalid


def frames_of(path: Path) -> tuple[list[float], list[np.ndarray], str]:
    """Times, pictures, and what was said at the end."""
    clip, times, pictures = Clip(path), [], []
    try:
        while (grabbed := clip.grab()) is not None:
            times.append(grabbed.time_s)
            pictures.append(clip.picture())
    except ImageUnreadable as problem:
        return times, pictures, str(problem)
    finally:
        clip.close()
    return times, pictures, ""


def test_fault_11_pixels_that_are_not_square_are_made_square(shared: Path) -> None:
    (_, square, _), (_, stored, _) = (frames_of(shared / "cases" / f"s{n}.mp4") for n in (1, 43))
    assert abs(stored[0].shape[1] - square[0].shape[1]) <= 1
    assert stored[0].shape[0] == square[0].shape[0]
    width = min(stored[0].shape[1], square[0].shape[1])
    difference = stored[0][:, :width].astype(int) - square[0][:, :width]
    assert np.abs(difference).mean() < 6


@pytest.mark.parametrize(
    ("aspect", "shape"), [(Fraction(4, 3), (120, 213)), (Fraction(1, 2), (240, 160))]
)
def test_no_line_of_a_stored_picture_is_thrown_away(
    tmp_path: Path, aspect: Fraction, shape: tuple[int, int]
) -> None:
    _, pictures, _ = frames_of(write_clip(tmp_path / "sar.mp4", aspect=aspect, frames=3))
    assert pictures[0].shape[:2] == shape


def test_fault_12_times_are_those_of_the_file(shared: Path) -> None:
    times, _, said = frames_of(shared / "cases" / "vfr.webm")
    assert len(times) == 40
    assert times[-1] == pytest.approx(2.80, abs=0.01)
    assert said == ""


@pytest.mark.parametrize("name", ["uneven.mp4", "uneven.mkv"])
def test_fault_12_uneven_times_of_any_container(tmp_path: Path, name: str) -> None:
    times_ms = [0, 40, 80, 500, 540, 2000, 2040, 2600]
    path = write_clip(tmp_path / name, times_ms=times_ms, frames=len(times_ms))
    times, _, _ = frames_of(path)
    assert times == pytest.approx([ms / 1000 for ms in times_ms], abs=0.002)


def test_fault_13_a_video_that_breaks_off_is_measured_and_told(shared: Path) -> None:
    times, _, said = frames_of(shared / "cases" / "trunc_fs.mp4")
    assert len(times) == 43
    assert "breaks off: 43 of 90 frames, 1.43 of 3.00 s" in said


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.avi", "mpeg4", {}),
        ("a.mkv", "libx264", {}),
        ("a.webm", "libvpx", {}),
        ("a.flv", "flv1", {}),
        ("a.mp4", "libx264", {"movflags": "+faststart"}),
    ],
)
def test_fault_13_in_any_container_that_tells_its_length(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    whole = write_clip(tmp_path / name, codec, frames=90, options=options)
    assert frames_of(whole)[2] == ""
    times, _, said = frames_of(cut(whole, 0.6))
    assert 10 < len(times) < 88
    assert "breaks off" in said


def test_a_trimmed_film_is_whole_as_its_edit_list_shows_it(tmp_path: Path) -> None:
    times, _, said = frames_of(write_clip(tmp_path / "trimmed.mp4", frames=90, hidden_s=1))
    assert (len(times), said) == (60, "")


def test_fault_14_a_codec_that_cannot_be_decoded_is_named(shared: Path) -> None:
    with pytest.raises(ImageUnreadable, match=r"codec is AV1.*Convert it to H\.264"):
        Clip(shared / "cases" / "av1.mp4")


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.ts", "libx264", "mpegts"), ("a.MTS", "libx264", "mpegts"), ("a.3gp", "libx264", "3gp"),
        ("a.wmv", "wmv2", "asf"), ("a.flv", "flv1", "flv"), ("a.mpg", "mpeg2video", "mpeg"),
        ("a.mov", "libx264", "mov"), ("a.h264", "libx264", "h264"), ("a.mjpeg", "mjpeg", "mjpeg"),
        ("holiday", "libx265", "mp4"), ("photo.jpg", "libx264", "mp4"),
    ],
)  # fmt: skip
def test_fault_14_the_decoder_is_asked_and_not_the_suffix(
    tmp_path: Path, name: str, codec: str, container: str
) -> None:
    path = write_clip(tmp_path / name, codec, container=container)
    times, pictures, said = frames_of(path)
    assert (len(times), said) == (45, "")
    assert times[0] == 0.0
    assert all(later > earlier for earlier, later in pairwise(times))
    shown = picture(44)[:, :, ::-1].astype(int)
    assert np.abs(pictures[-1] - shown).mean() < 12


def test_fault_15_a_mirrored_video_stands_upright(shared: Path) -> None:
    case = shared / "cases" / "hflipmeta.mp4"
    capture = cv2.VideoCapture(str(case))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    _, stored = capture.read()
    _, pictures, _ = frames_of(case)
    np.testing.assert_array_equal(pictures[0], stored[:, ::-1])


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_quarter_turns_are_those_that_opencv_makes(
    tmp_path: Path, matrix: tuple[int, int, int, int]
) -> None:
    path = set_matrix(write_clip(tmp_path / "turned.mp4", frames=3), *matrix)
    _, expected = cv2.VideoCapture(str(path)).read()
    _, pictures, _ = frames_of(path)
    np.testing.assert_array_equal(pictures[0], expected)


@pytest.mark.parametrize(
    ("matrix", "at"),
    [
        ((-1, 0, 0, 1), "top right"), ((1, 0, 0, -1), "bottom left"),
        ((0, 1, 1, 0), "top left"), ((0, -1, -1, 0), "bottom right"),
        ((0, 1, -1, 0), "top right"), ((0, -1, 1, 0), "bottom left"),
    ],
)  # fmt: skip
def test_the_bright_corner_goes_where_the_matrix_sends_it(
    tmp_path: Path, matrix: tuple[int, int, int, int], at: str
) -> None:
    path = set_matrix(write_clip(tmp_path / "turned.mp4", frames=3), *matrix)
    _, pictures, _ = frames_of(path)
    red = pictures[0][:, :, 2].astype(int) - pictures[0][:, :, 0]
    rows, columns = np.nonzero(red > 100)
    height, width = red.shape
    vertical = "top" if rows.mean() < height / 2 else "bottom"
    horizontal = "left" if columns.mean() < width / 2 else "right"
    assert f"{vertical} {horizontal}" == at
    assert (width > height) == (matrix[0] != 0)


def test_a_video_turned_by_less_than_a_quarter_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "slanted.mp4", frames=3)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 8] = (56756).to_bytes(4, "big") + (32768).to_bytes(4, "big")
    data[at + 12 : at + 20] = (-32768).to_bytes(4, "big", signed=True) + (56756).to_bytes(4, "big")
    path.write_bytes(data)
    with pytest.raises(ImageUnreadable, match="less than a quarter"):
        Clip(path)


def test_sounds_without_pictures_are_refused(shared: Path) -> None:
    with pytest.raises(ImageUnreadable, match="MP4 file without pictures"):
        Clip(shared / "cases" / "audio.mp4")


def test_fault_5_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    made = write_clip(tmp_path / "clip.mp4")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin1_\xe9.mp4"))
    made.rename(path)
    times, pictures, _ = frames_of(path)
    assert len(times) == 45
    assert pictures[0].shape == (SIZE[1], SIZE[0], 3)


def test_a_play_list_is_no_video(tmp_path: Path) -> None:
    """FFmpeg would open whatever it names."""
    write_clip(tmp_path / "inside.ts", container="mpegts")
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ninside.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(ImageUnreadable, match="play list"):
        Clip(path)


@pytest.mark.parametrize("name", ["x" * 300, "nul\0byte", "gone/there.mp4"])
def test_fault_8_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceInvalid, match="no file or folder"):
        Clip(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceInvalid, match="is a pipe"):
        Clip(tmp_path / "pipe.mp4")


def test_the_rate_is_an_average(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "even.mp4"))
    assert (clip.fps, clip.frame_count) == (pytest.approx(FPS), 45)
    clip.close()
