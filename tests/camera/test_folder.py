"""A folder is told apart by content, and says what it leaves out."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from simulators.clips import write_clip

from edge.camera.folder import look_into
from edge.errors import ImageUnreadable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a telephone's and a clinic's folders hold, under suffixes right and wrong."""
    picture = Image.fromarray(np.full((16, 12, 3), 90, np.uint8))
    for name, kind in (
        ("a.jpg", "JPEG"), ("b.jpe", "JPEG"), ("c.jfif", "JPEG"), ("d.avif", "AVIF"),
        ("e.ppm", "PPM"), ("f.jp2", "JPEG2000"), ("g.gif", "GIF"), ("scan", "PNG"),
        ("renamed.txt", "PNG"),
    ):  # fmt: skip
        picture.save(tmp_path / name, kind)
    write_clip(tmp_path / "walk.mp4", frames=3)
    write_clip(tmp_path / "walk.MTS", frames=3, container="mpegts")
    animation = cv2.Animation()
    animation.frames = [np.full((16, 12, 3), 20 * i, np.uint8) for i in range(3)]
    animation.durations = [100] * 3
    assert cv2.imwriteanimation(str(tmp_path / "moving.gif"), animation)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "notes.txt").write_text("no photograph")
    (tmp_path / "more.txt").write_text("none either")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    deeper = tmp_path / "visit"
    deeper.mkdir()
    picture.save(deeper / "a.jpg", "JPEG")
    (deeper / "circle").symlink_to(tmp_path)
    return tmp_path


def test_fault_16_what_a_folder_leaves_out_is_told_by_kind_and_count(folder: Path) -> None:
    found = look_into(folder, recursive=False)
    assert [path.name for path in found.photos] == [
        "a.jpg", "b.jpe", "c.jfif", "d.avif", "e.ppm", "f.jp2", "g.gif", "renamed.txt", "scan",
    ]  # fmt: skip
    assert [path.name for path in found.videos] == ["moving.gif", "walk.MTS", "walk.mp4"]
    assert found.left_out == {
        ".txt": 2, "PDF": 1, "folder": 1, "hidden": 1, "pipe, device or broken link": 1,
    }  # fmt: skip


def test_fault_16_recursive_takes_subfolders_and_no_circle(folder: Path) -> None:
    found = look_into(folder, recursive=True)
    assert folder / "visit" / "a.jpg" in found.photos
    assert len(found.photos) == 10
    assert found.left_out["link to a folder"] == 1


def test_a_file_that_claims_to_be_a_picture_is_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "damaged.png").write_bytes(b"not a picture")
    (tmp_path / "damaged.mp4").write_bytes(b"not a video")
    found = look_into(tmp_path, recursive=False)
    assert [path.name for path in (*found.photos, *found.videos)] == ["damaged.png", "damaged.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_looked_into(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with pytest.raises(ImageUnreadable, match="Permission denied"):
        look_into(tmp_path, recursive=False)
