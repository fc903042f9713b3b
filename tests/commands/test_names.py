"""Names that are not UTF-8, markup, or orders to a terminal pass through every output unharmed."""

from __future__ import annotations

import base64
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulators.clips import write_clip
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.errors import SettingsInvalid
from edge.shown import csv_cell, shown

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}
NAMES = [
    b"latin1_\xe9.png", b"photo[copy].png", b"[bold]x.png", b"a[/y].png", b"esc\x1b[2Jx.png",
    b"two\nlines.png", b"=1+1.png", b"@SUM.png", b"<script>.png", "Ünïcödé 照片.png".encode(),
    "right\u202eto left.png".encode(), b"tab\there.png", b"-dash.png", b"{brace}.png", b"%s.png",
]  # fmt: skip


@pytest.fixture(scope="module")
def picture() -> bytes:
    return cv2.imencode(".png", dots_picture(128, 96, POINTS, 6.0))[1].tobytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described_file(tmp_path_factory.mktemp("m") / "c.onnx", colour_network(), colour_card())


def write(path: bytes, content: bytes) -> None:
    file = Path(os.fsdecode(path))
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def assess(model: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "edge", "assess", "--model", model, *arguments]
    return subprocess.run([os.fspath(a) for a in command], capture_output=True, check=False)


def test_faults_5_and_6_every_output_of_every_name(
    tmp_path: Path, picture: bytes, model: Path
) -> None:
    folder, out = os.fsencode(tmp_path / "in"), tmp_path / "out"
    os.mkdir(folder)  # noqa: PTH102 - by bytes
    out.mkdir()
    for name in NAMES:
        write(folder + b"/" + name, picture)
    exports = [("csv", out / "k.csv"), ("coco", out / "c.json"), ("openpose", out), ("mot", out)]
    asked = [text for one in exports for text in ("--export", *one)]
    written = assess(
        model, tmp_path / "in", "--recursive", "--json", "--csv", out / "m.csv", "--overlay", out,
        "--report", out, *asked,
    )  # fmt: skip
    assert (written.returncode, written.stderr.decode()) == (0, "")
    entries = json.loads(written.stdout)
    assert {
        base64.b64decode(entry["path_bytes"]) if "path_bytes" in entry else entry["path"].encode()
        for entry in entries
    } == {folder + b"/" + name for name in NAMES}
    paths = {entry["path"] for entry in entries}
    assert str(tmp_path / "in" / r"latin1_\xe9.png") in paths
    assert all(path.isprintable() for path in paths)
    for name in ("m.csv", "k.csv"):
        with (out / name).open(encoding="utf-8", newline="") as file:
            assert {row[0] for row in list(csv.reader(file))[1:]} == paths
    assert {entry["file_name"] for entry in json.loads((out / "c.json").read_text())} == paths
    stems = {os.path.splitext(os.path.basename(name))[0] for name in NAMES}  # noqa: PTH119, PTH122
    drawn = {name[:-4] for name in os.listdir(os.fsencode(out)) if name.endswith(b".png")}  # noqa: PTH208
    assert drawn == stems
    pages = [path for path in out.iterdir() if path.suffix == ".html"]
    assert len(pages) == len(NAMES)
    assert not any("<script>.png" in page.read_text(encoding="utf-8") for page in pages)
    assert not any("\x1b" in page.read_text(encoding="utf-8") for page in pages)


def test_fault_6_tables_show_the_name_and_obey_nothing(
    tmp_path: Path, picture: bytes, model: Path
) -> None:
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)  # noqa: PTH102 - by bytes
    for name in NAMES:
        write(folder + b"/" + name, picture)
    printed = assess(model, tmp_path / "in", "--recursive")
    assert printed.returncode == 0
    flat = printed.stdout.decode().replace("\n", "").replace(" ", "")
    assert b"\x1b" not in printed.stdout
    for name in ("photo[copy].png", "[bold]x.png", "a[/y].png", r"latin1_\xe9.png",
                 r"esc\x1b[2Jx.png", r"two\x0alines.png"):  # fmt: skip
        assert name in flat


def test_fault_5_a_video_and_its_overlay_of_such_a_name(tmp_path: Path, model: Path) -> None:
    made = write_clip(tmp_path / "clip.mp4", frames=5)
    path = os.fsencode(tmp_path) + b"/latin1_\xe9.mp4"
    made.rename(os.fsdecode(path))
    out = os.fsdecode(os.fsencode(tmp_path) + b"/out_\xe9")
    for how in (("--overlay", out), ("--overlay", out + ".gif"), ("--export", "openpose", out)):
        assert assess(model, os.fsdecode(path), *how).returncode == 0
    assert b"latin1_\xe9.mp4" in os.listdir(os.fsencode(out))  # noqa: PTH208
    wrong = assess(model, os.fsdecode(path) + "x", "--csv", "-")
    assert wrong.returncode == 1
    assert rb"latin1_\xe9.mp4x" in b"".join(wrong.stderr.split())


def test_csv_texts_get_an_apostrophe_and_numbers_never() -> None:
    assert [csv_cell(text) for text in ("=1+1", "+x", "-x", "@x", "\tx", "x=1", "照")] == [
        "'=1+1", "'+x", "'-x", "'@x", r"'\x09x", "x=1", "照",
    ]  # fmt: skip


@given(st.binary(max_size=60).filter(lambda name: b"\0" not in name))
def test_whatever_the_bytes_what_is_shown_is_one_printable_line(name: bytes) -> None:
    told = shown(os.fsdecode(name))
    assert "\n" not in told
    assert told.encode("utf-8").decode() == told
    assert "\x1b" not in told
    assert shown(told) == told


def test_an_error_shows_what_it_names() -> None:
    problem = SettingsInvalid("there is no \udce9\x1b[2J.", "Look at \n it.")
    assert str(problem) == r"there is no \xe9\x1b[2J. Look at \x0a it."


def test_fault_5_every_command_takes_such_names(
    tmp_path: Path, picture: bytes, model: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from posture_tools.collector.__main__ import main as collector_main
    from posture_tools.models.__main__ import main as models_main

    from edge.__main__ import main

    def named(name: str) -> str:
        return os.fsdecode(os.fsencode(tmp_path) + b"/latin1_\xe9" + name.encode())

    Path(named(".png")).write_bytes(picture)
    Path(named(".onnx")).write_bytes(model.read_bytes())
    Path(named(".toml")).write_text(f'state_dir = "{tmp_path / "state"}"\n')
    settings = ("--settings", named(".toml"))
    commands = (
        (main, 0, "run", "--only", "engine", "--model", named(".onnx"), "--source", named(".png"),
         *settings),
        (main, 0, "calibrate", "picture", named(".jpg"), "--source", named(".png"), *settings),
        (main, 0, "calibrate", "print", named(".sheets")),
        (main, 0, "stickers", "-o", named(".pdf")),
        (main, 1, "fms", "show", named(".png")),
        (main, 1, "fms", "record", named(".png"), "--out", named(".json")),
        (main, 2, "fms", "try", named(".sheet"), "deep_squat", "--session", named("")),
        (main, 2, "assess", named(".png"), "--lang", named("")),
        (models_main, 0, "inspect", named(".onnx")),
        (models_main, 0, "check", named(".onnx"), "--json"),
        (models_main, 0, "look", named(".onnx"), named(".png"), "-o", named(".maps")),
        (models_main, 1, "describe", named(".onnx"), named(".png"), "-o", named(".2.onnx")),
        (collector_main, 2, "list", "--store", named(".db")),
        (collector_main, 1, "list", "--store", named(".png")),
        (collector_main, 2, "run", "--broker", named(":1"), "--store", named(".db")),
    )  # fmt: skip
    for program, status, *words in commands:
        ended = program(words)
        printed = b"".join(capfdbinary.readouterr())
        assert (ended, b"Traceback" in printed) == (status, False), (words, printed)
        assert b"\xe9" not in printed.replace(b"latin1_\\xe9", b""), words
        assert printed.decode("utf-8")
