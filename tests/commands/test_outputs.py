"""What `assess` writes: never over an input, a twin or a stranger's file; whole or not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.clips import write_clip
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main
from edge.desk.output_names import unique_names
from edge.desk.plan import Asked, Plan
from edge.errors import PostureError
from edge.sightings.inputs import inputs

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}


@pytest.fixture(scope="module")
def picture() -> bytes:
    return cv2.imencode(".png", dots_picture(128, 96, POINTS, 6.0))[1].tobytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described_file(tmp_path_factory.mktemp("m") / "c.onnx", colour_network(), colour_card())


@pytest.fixture
def assess(model: Path, capfd):
    """Runs the command; returns its exit status and what it said on standard error."""

    def run(*arguments: object) -> tuple[int, str]:
        status = main([str(each) for each in ("assess", "--model", model, *arguments)])
        return status, " ".join(capfd.readouterr().err.split())

    return run


@pytest.fixture
def photos(tmp_path: Path, picture: bytes) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("one.png", "two.png"):
        (folder / name).write_bytes(picture)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    "how",
    [
        ("--overlay", "photos"), ("--csv", "photos/one.png"), ("--export", "csv", "photos/one.png"),
        ("--export", "coco", "photos/two.png"), ("--csv", "photos/hard.png"),
        ("--csv", "photos/link.png"), ("--csv", "photos/one.png", "--overwrite"),
    ],
)  # fmt: skip
def test_fault_1_an_input_is_never_replaced(
    assess, photos: Path, how: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(photos / "two.png", photos / "hard.png")
    (photos / "link.png").symlink_to("one.png")
    before = contents(photos)
    monkeypatch.chdir(photos.parent)
    status, said = assess(photos, *how)
    assert status == 2
    assert "input of this run" in said
    assert contents(photos) == before


def test_fault_1_the_model_is_an_input_too(assess, photos: Path, model: Path) -> None:
    before = model.read_bytes()
    status, said = assess(photos, "--csv", model, "--overwrite")
    assert (status, "input of this run" in said) == (2, True)
    assert model.read_bytes() == before


def test_fault_2_twins_get_their_folders_in_their_names(
    assess, tmp_path: Path, picture: bytes
) -> None:
    names = ("a/IMG_1.png", "a/IMG_1.jpg", "b/IMG_1.jpg")
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture)
    out = tmp_path / "out"
    given = [tmp_path / name for name in names]
    status, _ = assess(*given, "--overlay", out, "--report", out, "--export", "openpose", out)
    assert status == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{name}{suffix}"
        for name in ("a_IMG_1", "IMG_1_jpg", "b_IMG_1")
        for suffix in (".png", ".html", "_keypoints.json")
    )


def test_fault_2_two_videos_of_one_name_are_two_overlays(assess, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_clip(tmp_path / folder / "walk.mp4", frames=5)
    both = [tmp_path / folder / "walk.mp4" for folder in ("a", "b")]
    assert assess(*both, "--overlay", tmp_path / "out")[0] == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a_walk.mp4", "b_walk.mp4"}
    status, said = assess(*both, "--overlay", tmp_path / "one.mp4")
    assert (status, "two outputs" in said) == (2, True)


def test_fault_2_two_outputs_of_one_name_are_refused_before_anything_is_read(
    assess, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    status, said = assess(photos, "--csv", out, "--export", "csv", out)
    assert (status, "two outputs" in said) == (2, True)
    assert not out.exists()


def test_another_programs_file_is_replaced_only_with_overwrite(
    assess, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "notes.csv"
    out.write_text("name,age\nEve,41\n")
    status, said = assess(photos, "--csv", out)
    assert (status, "not written by this program" in said) == (2, True)
    assert out.read_text() == "name,age\nEve,41\n"
    assert assess(photos, "--csv", out, "--overwrite")[0] == 0
    assert out.read_text().startswith("path,frame,")


def test_its_own_files_are_replaced_without_a_word(assess, photos: Path, tmp_path: Path) -> None:
    clip, out = write_clip(tmp_path / "walk.mp4", frames=6), tmp_path / "out"
    files = [("--csv", out / "m.csv"), ("--overlay", out)] + [
        ("--export", name, out / place)
        for name, place in (("csv", "k.csv"), ("coco", "k.json"), ("openpose", ""), ("mot", ""))
    ]
    out.mkdir()
    arguments = [argument for one in files for argument in one]
    for _ in range(2):
        assert assess(photos, clip, *arguments)[0] == 0
    assert assess(photos, "--report", out)[0] == 0
    assert assess(photos, "--report", out)[0] == 0
    gif = tmp_path / "walk.gif"
    assert [assess(clip, "--overlay", gif)[0] for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("how", ["--csv", "--json"])
def test_fault_3_a_full_disk_is_said_in_words(assess, photos: Path, how: str, model: Path) -> None:
    if how == "--csv":
        status, said = assess(photos, "--csv", "/dev/full")
        assert status != 0
    else:
        command = [sys.executable, "-m", "edge", "assess", "--model", model, photos, "--json"]
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        status, said = ended.returncode, ended.stderr.decode()
        assert status == 1
    assert "No space left on device" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", ["o.mp4", "o.gif", "o"])
def test_fault_3_an_overlay_on_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, model: Path, kind: str
) -> None:
    """A limit on the size of files is a disk that fills up in the middle of one."""
    clip = write_clip(tmp_path / "walk.mp4", frames=60)
    script = (
        "import resource, signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "from edge.__main__ import main\nsys.exit(main())\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", script, "assess", "--model", model, clip, "--overlay", out / kind],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode not in (0, -11, -25)
    assert "Traceback" not in ended.stderr
    assert "written" in ended.stderr
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_fault_3_a_report_onto_a_file_is_refused_before_the_work(
    assess, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    status, said = assess(photos, "--report", tmp_path / "file")
    assert (status, "cannot be written" in said) == (2, True)


def test_fault_4_devices_pipes_and_links_stay_what_they_are(
    assess, photos: Path, tmp_path: Path
) -> None:
    assert assess(photos, "--export", "csv", "/dev/null", "--csv", "/dev/null")[0] == 2, "twice"
    assert assess(photos, "--export", "csv", "/dev/null")[0] == 0
    assert not Path("/dev/null").is_file()
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    assert assess(photos, "--csv", link)[0] == 0
    assert link.is_symlink()
    assert real.read_text().startswith("path,")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        assert assess(photos, "--csv", tmp_path / "pipe")[0] == 0
        assert reader.stdout is not None
        assert reader.stdout.read().startswith(b"path,")
    assert not (tmp_path / "pipe").is_file()


def test_a_dash_is_standard_output_and_the_tables_go_beside(model: Path, photos: Path) -> None:
    command = [sys.executable, "-m", "edge", "assess", "--model", model, photos, "--csv", "-"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("path,frame")
    assert {line.count(",") for line in lines} == {lines[0].count(",")}
    assert "2 photographs" in ended.stderr
    both = subprocess.run([*command, "--json"], capture_output=True, check=False)
    assert both.returncode == 2


def test_a_place_that_is_no_place_is_said_before_anything_is_read(
    assess, photos: Path, tmp_path: Path
) -> None:
    for how in (("--csv", tmp_path / "no" / "such.csv"), ("--csv", photos)):
        assert assess(photos, *how)[0] == 2
    long = photos / f"{'x' * 250}.png"
    shutil.copy(photos / "one.png", long)
    status, said = assess(long, "--export", "openpose", tmp_path / "o")
    assert (status, "name is too long" in said) == (2, True)


NAMES = st.sampled_from(["IMG", "IMG-2", "img", "IMG_jpg", "b_IMG", "IMG_000000000007", "é", "a"])
FILES = st.lists(
    st.tuples(st.sampled_from(["", "a/", "b/", "a/b/"]), NAMES, st.sampled_from([".png", ".jpg"])),
    min_size=1, max_size=9, unique=True,
)  # fmt: skip


@given(FILES)
def test_every_input_gets_a_name_that_no_other_comes_near(
    files: list[tuple[str, str, str]],
) -> None:
    names = [name.casefold() for name in unique_names([Path("".join(file)) for file in files])]
    families = [{name, f"{name}-2", f"{name}_000000000007"} for name in names]
    assert len(set().union(*families)) == 3 * len(files)


@settings(max_examples=60)
@given(
    files=FILES,
    order=st.randoms(use_true_random=False),
    kinds=st.sets(st.sampled_from(["overlay", "report", "csv", "openpose", "coco", "kcsv"])),
    into=st.sampled_from(["in", "in/a", "out", "out/deeper"]),
    strangers=st.booleans(),
)
def test_without_overwrite_no_existing_file_ever_changes(
    tmp_path_factory: pytest.TempPathFactory, picture: bytes, model: Path,
    files: list[tuple[str, str, str]], order, kinds: set[str], into: str, strangers: bool,
) -> None:  # fmt: skip
    """As many outputs as inputs, or a refusal, whatever names, folders, order and outputs."""
    root = tmp_path_factory.mktemp("p")
    for folder in ("in/a/b", "in/b", "out/deeper"):
        (root / folder).mkdir(parents=True)
    for file in files:
        (root / "in" / "".join(file)).write_bytes(picture)
    target = root / into
    if strangers:
        for name in ("IMG.html", "IMG-2.png", "m.csv", "a_IMG_keypoints.json", "IMG.part"):
            (target / name).write_bytes(b"somebody's")
    given = [root / "in" / "".join(file) for file in files]
    order.shuffle(given)
    before = contents(root)
    asked = Asked(
        overlay=target if "overlay" in kinds else None,
        report=target if "report" in kinds else None,
        csv=target / "m.csv" if "csv" in kinds else None,
        exports=[
            (name, place)
            for kind, name, place in (
                ("openpose", "openpose", target),
                ("coco", "coco", target / "k.json"),
                ("kcsv", "csv", target / "k.csv"),
            )
            if kind in kinds
        ],
    )
    written = run_quietly(given, asked, model)
    after = contents(root)
    assert {name: after.get(name) for name in before} == before
    if written:
        single, each = {"csv", "coco", "kcsv"}, {"overlay", "report", "openpose"}
        expected = len(kinds & single) + len(kinds & each) * len(files)
        assert len(after) - len(before) == expected


def run_quietly(given: list[Path], asked: Asked, model: Path) -> bool:
    """Whether the plan was allowed; its files are written as `assess` does, by one estimator."""
    from contextlib import ExitStack, redirect_stdout
    from io import BytesIO, TextIOWrapper

    from edge.cli.output import Output
    from edge.commands import assess
    from edge.sightings.person import Told

    try:
        Plan(inputs(given), asked, as_json=True)
    except PostureError:
        return False
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(TextIOWrapper(BytesIO())))
        out = Output(as_json=True)
        return assess.run(given, _estimator(model), asked, out, Told()) == 0 == out.status


_ESTIMATORS: dict[Path, object] = {}


def _estimator(model: Path):
    from edge.estimation.factory import estimator_for
    from edge.settings import ModelSettings

    if model not in _ESTIMATORS:
        _ESTIMATORS[model] = estimator_for(ModelSettings(single=str(model), threads=1))
    return _ESTIMATORS[model]


def test_an_overlay_of_uneven_times_plays_as_long_as_the_clip(assess, tmp_path: Path) -> None:
    times_ms = [0, 33, 67, 1000, 1033, 3000]
    clip = write_clip(tmp_path / "uneven.mp4", times_ms=times_ms, frames=len(times_ms))
    assert assess(clip, "--overlay", tmp_path / "out.mp4")[0] == 0
    drawn = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    length_s = drawn.get(cv2.CAP_PROP_FRAME_COUNT) / drawn.get(cv2.CAP_PROP_FPS)
    assert length_s == pytest.approx(3.0, abs=0.8)
    assert np.isfinite(length_s)
