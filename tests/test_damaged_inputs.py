"""Whatever kind of file a verb reads: a damaged one is refused in words, and ends nothing else.

A row is a verb and one of its files. The whole files are the fuzzer's (`tests/fuzz`), which damages
them a thousandfold below the verbs; here each is damaged in the six ways in which files break, and
what is looked at is what a person and a machine are told.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import pytest
from cli.test_programs import PROGRAMS, verbs_of
from cli.test_progress import EVERY
from fuzz.kinds import KINDS
from posture_tools.collector.__main__ import main as collector_main
from posture_tools.collector.collector_options import where
from posture_tools.collector.opening import open_store
from posture_tools.models.__main__ import main as models_main
from simulators.body_files import pack_arrays, write_pack
from simulators.clips import write_clip
from simulators.file_modes import unreadable
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge import errors
from edge.appliance.provision import Places
from edge.cli.verb import Argument
from edge.commands import provision

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}
ASSESS, STATION = "posture-station assess", "posture-station"
EVALUATE = "python -m posture_tools.evaluate"
DESIRE = ("hall-1", "--hold", "--broker", "127.0.0.1:9", "--username", "hall", "--allow-plain")
OWN = (("ca", "{ca}"), ("cert", "{broker}"), ("key", "{broker_key}"))


@dataclass(frozen=True)
class Row:
    """argument : of the verb, which names the file. words : what is typed behind the verb; {bad}
    is the damaged file, {beside} its folder, {name} the whole file of that name.

    file : the whole one. fine : the damages after which it is whole, another or none.
    others : with --json, how many inputs beside it are done all the same.
    lines : on standard error, at most: what is wrong, and what to do.
    named : what the sentence says of the place, if not the file's name.
    answers : what is wrong with the file is the verb's own answer, on standard output.
    """

    verb: str
    argument: str
    words: tuple[str, ...]
    file: str
    fine: tuple[str, ...] = ()
    others: int = 0
    lines: int = 2
    answers: bool = False
    named: str = "damaged/"


def _assess(argument: str, file: str, *words: str, fine: tuple[str, ...] = ()) -> Row:
    return Row(ASSESS, argument, ("{photo}", "--model", "{model}", *words), file, fine)


NO_MATTER = ("gone", "folder", "unreadable")
ROWS = (
    Row(ASSESS, "paths", ("{bad}", "{photo}", "--model", "{model}"), "photo", others=1),
    Row(ASSESS, "paths", ("{bad}", "{photo}", "--model", "{model}"), "video", others=1),
    Row(ASSESS, "--model", ("{photo}", "--model", "{bad}"), "model"),
    _assess("--detector", "model", "--detector", "{bad}"),
    _assess("--calibration", "calibration", "--calibration", "{bad}", fine=("empty",)),
    _assess("--points", "points", "--points", "{bad}"),
    Row(ASSESS, "--before", (
        "{photo}", "-", "-", "-", "--visit", "p-17", "--before", "{bad}", "--model", "{model}",
    ), "visits"),
    Row(f"{STATION} calibrate show", "--settings", ("--settings", "{bad}"), "settings", ("empty",)),
    Row(f"{STATION} calibrate picture", "--source", (
        "{folder}/hall.png", "--source", "{bad}",
    ), "photo", lines=4),  # the picture's fault, and that there is no other
    Row(f"{STATION} run", "--model", (
        "--only", "engine", "--source", "{photo}", "--model", "{bad}",
    ), "model"),
    Row(f"{STATION} provision", "", (), "boot/posture.toml"),
    *(
        Row(f"{STATION} fms {step}", "sheet", ("{bad}", *words), "sheets", fine)
        for step, words, fine in (
            ("show", (), ()), ("confirm", ("--by", "op-7"), ()),
            ("clear", ("shoulder", "--no-pain"), ()), ("send", (), ()),
            ("score", ("deep_squat=2", "--by", "op-7"), ("gone",)),
            ("try", ("deep_squat", "--pain"), ("gone",)),
        )
    ),
    *(
        Row(f"{STATION} fms try", f"--{view}", (
            "{folder}/new.json", "deep_squat", f"--{view}", "{bad}",
        ), "sequence")
        for view in ("lateral", "frontal", "back")
    ),
    Row(f"{STATION} fms record", "clip", ("{bad}", "--out", "{folder}/film.json"), "video"),
    Row("posture-collector run", "--config", ("--config", "{bad}"), "collector",
        ("cut",)),
    Row("posture-collector site list", "folder", ("{beside}", "--store", "{store}"),
        "site/site.toml"),
    *(
        Row(f"posture-collector {verb}", "--store", (*words, "--store", "{bad}"), "store",
            ("empty",))
        for verb, words in (
            ("list", ()), ("fleet", ()), ("export", ("--csv", "-")), ("store check", ()),
        )
    ),
    Row("posture-collector desire", "--password-file", (*DESIRE, "--password-file", "{bad}"),
        "password", ("cut", "empty")),
    *(
        Row("posture-collector desire", f"--{each}-file", (
            "hall-1", "--hold", "--broker", "127.0.0.1:9", *more, f"--{each}-file", "{bad}",
        ), file, named=f"mqtt.{each}_file")
        for each, more, file in (
            ("ca", (), "ca.pem"),
            ("cert", ("--ca-file", "{ca}", "--key-file", "{broker_key}"), "broker.pem"),
            ("key", ("--ca-file", "{ca}", "--cert-file", "{broker}"), "broker_key.pem"),
        )
    ),
    Row("posture-collector desire", "--keys", (
        *DESIRE, "--password-file", "{password}", "--keys", "{beside}",
    ), "site/keys/command.pem"),
    *(
        Row("posture-collector site init", f"--own-{each}", (
            "{folder}/site", "--site", "south", "--host", "h.example", "--store", "{store}",
            *(word for other, place in OWN for word in (
                f"--own-{other}", "{bad}" if other == each else place,
            )),
        ), file)
        for each, file in (("ca", "ca.pem"), ("cert", "broker.pem"), ("key", "broker_key.pem"))
    ),
    Row("posture-collector site rotate", "--site-key", (
        "{site}", "receipt", "--site-key", "{bad}",
    ), "site/offline/site.pem"),
    Row("posture-collector site renew", "--authority", (
        "{site}", "--authority", "{beside}", "--store", "{store}",
    ), "site/offline/ca.key"),
    Row("posture-collector site brokers", "--authority", (
        "{site}", "--broker", "broker-2.example:8883", "--authority", "{beside}",
    ), "site/offline/ca.key"),
    *(
        Row("posture-collector serve", f"--{each}", (*words, "--store", "{store}"), file, fine)
        for each, words, file, fine in (
            ("tls-cert", ("--tls-cert", "{bad}", "--tls-key", "{broker_key}"), "broker.pem", ()),
            ("tls-key", ("--tls-cert", "{broker}", "--tls-key", "{bad}"), "broker_key.pem", ()),
            ("sign-on-secret-file", (
                "--plain", "--sign-on", "https://h.example", "--sign-on-client", "posture",
                "--sign-on-secret-file", "{bad}",
            ), "password", ("empty", "cut")),
        )
    ),
    Row("posture-models check", "files", ("{bad}", "{model}"), "model", others=1),
    Row("posture-models inspect", "file", ("{bad}",), "model", answers=True),
    Row("posture-models describe", "model", ("{bad}", "{card}", "-o", "{folder}/d.onnx"), "plain",
        named="colour"),
    Row("posture-models describe", "card", ("{plain}", "{bad}", "-o", "{folder}/d.onnx"), "card"),
    Row("posture-models look", "model", ("{bad}", "{photo}", "-o", "{folder}/maps"), "model"),
    Row("posture-models look", "photo", ("{model}", "{bad}", "-o", "{folder}/maps"), "photo"),
    Row("posture-models repo add", "model", (
        "{repository}", "{bad}", "--slot", "whole", "--latency-ms", "80", "--ring", "1",
    ), "model"),
    Row("posture-models quantise", "--labels", (
        "{model}", "--photos", "{images}", "--labels", "{bad}", "-o", "{folder}/q.onnx",
    ), "labels"),
    Row("posture-models quantise", "--photos", (
        "{model}", "--photos", "{beside}", "--labels", "{labels}", "-o", "{folder}/q.onnx",
    ), "sets/set/images/7.jpg", NO_MATTER),
    Row("posture-models repo publish", "--key", (
        "{repository}", "--key", "{bad}", "--key", "{key}", "--passphrase-file", "{passphrase}",
    ), "key"),
    Row("posture-models repo rotate-key", "--old", (
        "{repository}", "root", "--old", "{bad}", "--new", "{folder}/t2.pem",
        "--passphrase-file", "{passphrase}",
    ), "keys/root-1.pem.pub"),
    Row("posture-models repo release", "wheels", ("{repository}", "{beside}", "--ring", "1"),
        "wheels/a-1-py3-none-any.whl"),
    Row("posture-models repo status", "folder", ("{above}",), "repository/staged/root.json",
        NO_MATTER),
    Row("posture-models repo sign", "--key", (
        "{repository}", "--key", "{bad}", "--passphrase-file", "{passphrase}",
    ), "key"),
    Row("posture-models repo sign", "--passphrase-file", (
        "{repository}", "--key", "{key}", "--passphrase-file", "{bad}",
    ), "passphrase"),
    *(
        Row(f"{EVALUATE} {verb}", argument, words, file)
        for verb in ("ap", "pck")
        for argument, words, file in (
            ("results", ("{bad}", "{labels}"), "results"),
            ("annotations", ("{results}", "{bad}"), "labels"),
        )
    ),
    Row(f"{EVALUATE} agreement", "ratings", ("{bad}",), "ratings"),
    Row(f"{EVALUATE} limits", "measurements", ("{bad}",), "ratings"),
    Row(f"{EVALUATE} bodies", "pictures", ("{bad}", "--predictor", "{model}"), "bodies.npz"),
    Row(f"{EVALUATE} bodies", "--predictor", ("{pack}", "--predictor", "{bad}"), "model"),
    *(
        Row(f"{EVALUATE} {verb}", argument, (*words, place, *more), "sets/set/annotations.json")
        for verb, argument, words, place, more in (
            ("compare", "--photos", ("{model}", "--photos"), "{above}", ()),
            ("shear", "pictures", (), "{beside}", ("--predictor", "{model}")),
            ("views", "pictures", (), "{beside}", ("--predictor", "{model}")),
        )
    ),
    Row(f"{EVALUATE} stickers", "--bodies", ("--photos", "{sets}", "--bodies", "{bad}"),
        "bodies.npz"),
    Row(f"{EVALUATE} accuracy", "--photos", (
        "{pack}", "--predictor", "{model}", "--photos", "{beside}",
    ), "sets/set/annotations.json"),
    Row(f"{EVALUATE} accuracy", "--card", (
        "{pack}", "--predictor", "{model}", "--card", "{bad}",
    ), "card"),
    Row(f"{EVALUATE} models", "models", ("{bad}", "--photos", "{sets}"), "model"),
)  # fmt: skip
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "other bytes": lambda _: b"\x93nonsense\xff\xfe\x00\x01" * 40,
    "folder": lambda whole: whole,
    "unreadable": lambda whole: whole,
    "gone": lambda whole: whole,
}
CODES = {
    kind.__new__(kind).code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.PostureError)
}
# Arguments that name what is written.
WRITTEN = {
    "--overlay", "--csv", "--report", "--out", "--output", "--parquet", "--fhir", "--matrices",
    "--worst",
}  # fmt: skip
MADE = {  # and folders and files that are made
    "posture-station calibrate print folder", "posture-station calibrate picture file",
    "posture-collector site init folder", "posture-models repo init --keys",
    "posture-models repo add-role --keys", "posture-models repo rotate-key --new",
}  # fmt: skip
ELSEWHERE = {  # argument -> why it has no row
    "posture-station demo --source": "it is given to `run` as it stands, a process of its own",
    "posture-models export checkpoint": "PyTorch is no part of `make setup`; models/test_export.py",
    f"{EVALUATE} decode --shared": "the benchmark's folder is a part of it, missing or there",
}


def _of(kind: str, number: int = 0) -> bytes:
    return KINDS[kind].whole()[number][1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One whole file of every name that a row has."""
    folder = tmp_path_factory.mktemp("world")
    model = described_file(folder / "model.onnx", colour_network(), colour_card())
    cv2.imwrite(str(folder / "photo.png"), dots_picture(128, 96, POINTS, 6.0))
    write_clip(folder / "video.mp4", frames=8)
    write_pack(folder, *pack_arrays([3.0], ["front"]))
    with open_store(where(str(folder / "store.db"))) as store:
        assert store.rows("SELECT count(*) FROM result") == [(0,)]
    texts = {
        "plain.onnx": colour_network(), "card.json": msgspec.json.encode(colour_card()),
        "calibration.toml": _of("calibration"), "settings.toml": _of("settings"),
        "boot/posture.toml": _of("first-boot"), "points.json": _of("points", 1),
        "visits.json": _of("visits"), "sheets.json": _of("sheets"),
        "sequence.json": _of("sheets", 1), "collector.toml": _of("collector"),
        "labels.json": _of("labels"),
        "results.json": _of("labels", 1), "ratings.csv": _of("ratings"),
        "password": b"br0ker\n", "passphrase": b"four words in here",
        "wheels/a-1-py3-none-any.whl": b"PK\x03\x04 no end",
        "sets/set/annotations.json": _of("labels"),
        **{f"sets/set/images/{n}.jpg": (folder / "photo.png").read_bytes() for n in (7, 8)},
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)
    for name in ("password", "passphrase"):
        (folder / name).chmod(0o600)
    keys, repository = folder / "keys", folder / "repository"
    words = ("repo", "init", repository, "--keys", keys, "--passphrase-file", folder / "passphrase")
    assert models_main([str(word) for word in words]) == 0
    words = ("site", "init", folder / "site", "--site", "north", "--host", "broker.example")
    assert collector_main([*map(str, words), "--store", str(folder / "store.db")]) == 0
    for name, place in (
        ("key.pem", keys / "root-1.pem"), ("ca.pem", folder / "site/ca.pem"),
        ("broker.pem", folder / "site/broker/broker.pem"),
        ("broker_key.pem", folder / "site/broker/broker.key"),
    ):  # fmt: skip
        shutil.copy(place, folder / name)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        **{path.stem: path for path in files if path.parent == folder},
        **{str(path.relative_to(folder)): path for path in files},
        "model": model, "repository": repository, "folder": folder,
        "site": folder / "site", "pack": folder / "bodies.npz",
        "sets": folder / "sets", "images": folder / "sets/set/images",
    }  # fmt: skip


def told_problems(node: Any) -> Iterator[dict[str, str]]:
    """Every `problem` of a document."""
    if isinstance(node, dict):
        if isinstance(node.get("problem"), dict):
            yield node["problem"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from told_problems(each)


@pytest.mark.parametrize(
    ("row", "damage"),
    [
        pytest.param(row, damage, id=f"{row.verb} {row.argument} {row.file} {damage}")
        for row in ROWS
        for damage in DAMAGES
        if damage not in row.fine
    ],
)
@pytest.mark.filterwarnings("ignore")  # of libraries that are given nonsense here
def test_a_damaged_file_is_refused_in_words(
    world: dict[str, Path], row: Row, damage: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = world[row.file]
    bad = tmp_path / "damaged" / whole.relative_to(world["folder"])
    beside = whole.parent if whole.parent != world["folder"] else None
    if beside is None:
        bad.parent.mkdir()
    else:  # one of several files of a folder: the others are whole
        shutil.copytree(beside, bad.parent)
        bad.unlink()
    if damage == "folder":
        bad.mkdir()
    elif damage != "gone":
        bad.write_bytes(DAMAGES[damage](whole.read_bytes()))
        bad.chmod(whole.stat().st_mode)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    places = Places((bad.parent,), tmp_path / "settings", tmp_path / "root")
    (tmp_path / "settings").mkdir()
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/machine-id").write_text("0123456789abcdef" * 2)  # a container has none
    monkeypatch.setattr(provision.run, "__defaults__", (places,))
    (tmp_path / "station.toml").write_text(f'state_dir = "{tmp_path}"\n')
    (tmp_path / "out").mkdir()
    given = {name: str(path) for name, path in world.items()}
    given |= {"bad": str(bad), "beside": str(bad.parent), "above": str(bad.parents[1])}
    given["folder"] = str(tmp_path / "out")
    [(name, program)] = [each for each in PROGRAMS.items() if row.verb.startswith(each[0])]
    steps = row.verb.removeprefix(name).split()
    typed = [*steps, *(word.format_map(given) for word in row.words)]
    if name == STATION and row.argument != "--settings":
        typed += ["--settings", str(tmp_path / "station.toml")]
    machine = ["--json"] if EVERY[row.verb].json else []
    with unreadable(bad) if damage == "unreadable" else nullcontext():
        status = program.main([*typed, *machine])
    said = capfd.readouterr()
    assert status in (1, 2), said
    assert "Traceback" not in said.err
    assert "usage_invalid" not in said.out + said.err
    assert "--help` shows an example" not in said.err, "the row itself makes no sense"
    lines = said.err.strip().splitlines()
    if row.answers and damage in ("empty", "cut", "other bytes"):
        assert (lines, status) == ([], 1)
        assert json.loads(said.out)["faults"]
        return
    assert 1 <= len(lines) <= row.lines, said.err
    assert all(line.rstrip().endswith((".", ")", "`")) for line in lines), said.err
    names_it = row.named in said.err.replace(str(tmp_path), "") or bad.name in said.err
    assert names_it, said.err
    if machine:
        document = json.loads(said.out)
        problems = list(told_problems(document))
        assert problems
        assert {problem["code"] for problem in problems} <= CODES
        if row.others:
            assert [("problem" in entry) for entry in document] == [True] + [False] * row.others


def test_every_file_that_a_verb_reads_has_its_row() -> None:
    tried = [(row.verb, row.argument) for row in ROWS]
    readers: list[tuple[Argument, list[str]]] = []
    for name, argument in named_files():
        if alike := [names for each, names in readers if each == argument]:
            alike[0].append(name)
        else:
            readers.append((argument, [name]))
    left = {
        f"{names[0]} {argument.names[-1]}"
        for argument, names in readers
        if argument.names[-1] not in WRITTEN
        and not any(
            verb.startswith(name) and last == argument.names[-1]
            for verb, last in tried
            for name in names
        )
    }
    assert left == MADE | set(ELSEWHERE)


def named_files() -> Iterator[tuple[str, Argument]]:
    """Verb and argument, of each that names a file or folder."""
    for name, program in PROGRAMS.items():
        of_verbs = (
            (" ".join((name, *words)), verb.arguments) for words, verb in verbs_of(program.verbs)
        )
        for verb, arguments in ((name, program.options), *of_verbs):
            for each in arguments:
                last = each.names[-1]
                if each.settings.get("type") in (Path, where) or last.endswith(
                    ("--source", "--predictor", "-file")
                ):
                    yield verb, each
