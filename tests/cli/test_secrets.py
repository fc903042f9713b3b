"""No secret leaves: what every verb of every program prints is searched for all that it was given.

The rows are the verbs' own table: a verb that is new has no row, and fails. What the camera's
address says in other ways, in events and on the disk, is tried in `tests/commands/test_secrets.py`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from cli.test_programs import PROGRAMS
from cli.test_progress import EVERY
from posture_tools.models.__main__ import main as models_main
from simulators.networks import colour_card, colour_network, described_file, dots_picture

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}
PASSPHRASE = "four s3cret words here"  # noqa: S105 - what is looked for
BROKER_SECRET, ENROL_SECRET = "br0ker-pa55", "enr0l-t0ken"
CAMERA = "rtsp://user-s3cret:cam-pa55@127.0.0.1:9/path-s3cret?password=query-s3cret"
REPOSITORY = "http://upd-user:upd-pa55@127.0.0.1:9/upd-path?key=upd-query"
STORE = "postgresql://st0re-user:st0re-pa55@127.0.0.1:9/posture?password=st0re-query"
WORDS = (
    PASSPHRASE, BROKER_SECRET, ENROL_SECRET, "user-s3cret", "cam-pa55", "path-s3cret",
    "query-s3cret", "upd-user", "upd-pa55", "upd-path", "upd-query", "st0re-user", "st0re-pa55",
    "st0re-query",
)  # fmt: skip
SHA = "3f786850e387550fdab836ed7e6dc881de23001b8bd8bbb6ad1b1d3c4e5f6a7b"
_STORE = ("--store", "{store}")
_BROKER = (
    "--broker", "127.0.0.1:9", "--username", "hall", "--password-file", "{password}",
    "--allow-plain",
)  # fmt: skip
_KEYS = ("--key", "{keys}/root-1.pem", "--passphrase-file", "{passphrase}")

# What is typed behind each verb; {words} are places of the world below.
ROWS: dict[str, tuple[str, ...]] = {
    "posture-station assess": ("{photo}", "{camera}", "--model", "{model}"),
    "posture-station doctor": (),
    "posture-station calibrate print": ("{camera}",),
    "posture-station calibrate lens": (),
    "posture-station calibrate picture": ("{folder}/p.png",),
    "posture-station calibrate stance": (
        "--plumb", "2,8,2,90", "--plumb", "52,8,51,88", "--length", "1500",
    ),
    "posture-station calibrate marks": (),
    "posture-station calibrate show": (),
    "posture-station fms record": ("{camera}", "--out", "{folder}/s.json"),
    "posture-station fms try": ("{folder}/f.json", "deep_squat", "--lateral", "{camera}"),
    "posture-station fms score": ("{camera}", "deep_squat=2", "--by", "op-7"),
    "posture-station fms confirm": ("{camera}", "--by", "op-7"),
    "posture-station fms clear": ("{camera}", "shoulder", "--no-pain"),
    "posture-station fms show": ("{camera}",),
    "posture-station fms send": ("{camera}",),
    "posture-station fms rules": (),
    "posture-station stickers": ("-o", "{camera}"),
    "posture-station bench": (),
    "posture-station update": (),
    "posture-station software status": (),
    "posture-station software check": (),
    "posture-station warmup": (),
    "posture-collector run": (*_BROKER, *_STORE),
    "posture-collector list": _STORE,
    "posture-collector export": ("--csv", "-", *_STORE),
    "posture-collector report": (
        "hall-1:65a0c1f2e3d4b5a697887766:4", "-o", "{folder}/v.html", *_STORE,
    ),
    "posture-collector fleet": _STORE,
    "posture-collector verify": _STORE,
    **{
        f"posture-collector {letters} {step}": ((SHA[:12],) if step != "list" else ()) + _STORE
        for letters in ("dead-letters", "conflicts")
        for step in ("list", "show", "replay", "erase")
    },
    "posture-collector site init": (
        "{folder}/another", "--site", "south", "--host", "broker.example", *_STORE,
    ),
    "posture-collector site add": ("{site}", "hall-1", *_STORE),
    "posture-collector site approve": ("{site}", "hall-1", "1f0a-22c3", *_STORE),
    "posture-collector site revoke": ("{site}", "hall-1", *_STORE),
    "posture-collector site let-unsigned": ("{site}", "hall-1", *_STORE),
    "posture-collector site rotate": ("{site}", "receipt", "--site-key", "{keys}/root-1.pem"),
    "posture-collector site renew": ("{site}", "--authority", "{keys}"),
    "posture-collector site doctor": ("{site}",),
    "posture-collector site brokers": ("{site}",),
    "posture-collector site list": ("{site}", *_STORE),
    "posture-collector rollout": (SHA, "--ring", "10", *_STORE),
    "posture-collector desire": ("hall-1", "--hold", *_BROKER),
    "posture-collector command screen": (
        "hall-1", "screen", "--code", "p-17", "--consent", "1", *_BROKER, *_STORE,
    ),
    "posture-collector command erase": (
        "hall-1", "erase", "--session", "5f1c9a", "--yes", *_BROKER, *_STORE,
    ),
    "posture-collector command resend": ("hall-1", "resend", "--from", "3", *_BROKER, *_STORE),
    "posture-collector erase": ("--code", "p-17", "--yes", *_STORE),
    "posture-collector serve": _STORE,
    "posture-collector account": ("add", "anna", "--role", "admin", *_STORE),
    "posture-collector person export": ("p-17", "export", *_STORE),
    "posture-collector visit": ("5f1c9a2b7d3e4f60", *_STORE),
    **{
        f"posture-collector store {step}": _STORE
        for step in ("migrate", "check", "clean", "reband")
    },
    "posture-collector store archive": ("--keep-months", "24", *_STORE),
    "posture-collector store reopen": ("{folder}", *_STORE),
    "posture-collector webhook list": _STORE,
    "posture-collector webhook deliver": _STORE,
    "posture-collector webhook add": ("records", "https://hook-user:cam-pa55@h.example/x", *_STORE),
    **{f"posture-collector webhook {step}": ("records", *_STORE) for step in ("remove", "again")},
    **{
        f"posture-collector webhook {step}": ("h.example", *_STORE)
        for step in ("allow", "disallow")
    },
    "posture-collector store copy": ("--store", "{folder}/no.db", "--to", "{store}"),
    "posture-collector contract": (),
    "posture-models describe": ("{camera}", "{camera}", "-o", "{folder}/d.onnx"),
    "posture-models check": ("{model}", "{camera}"),
    "posture-models inspect": ("{camera}",),
    "posture-models look": ("{model}", "{camera}", "-o", "{folder}/maps"),
    "posture-models export": ("hourglass", "{camera}", "-o", "{folder}/e.onnx"),
    "posture-models quantise": ("{model}", "--photos", "{camera}", "-o", "{folder}/q.onnx"),
    "posture-models repo init": (
        "{folder}/r2", "--keys", "{folder}/k2", "--passphrase-file", "{passphrase}",
    ),
    "posture-models repo add": (
        "{repository}", "{model}", "--slot", "whole", "--latency-ms", "80", "--ring", "1",
    ),
    "posture-models repo release": ("{repository}", "{folder}", "--ring", "1"),
    "posture-models repo add-role": (
        "{repository}", "software", "--keys", "{folder}/k3", "--passphrase-file", "{passphrase}",
    ),
    "posture-models repo sign": ("{repository}", *_KEYS),
    "posture-models repo publish": ("{repository}", *_KEYS),
    "posture-models repo rotate-key": (
        "{repository}", "timestamp", "--old", "{keys}/timestamp.pem.pub", "--new",
        "{folder}/t2.pem", "--passphrase-file", "{passphrase}",
    ),
    "posture-models repo status": ("{repository}",),
    **{
        f"python -m posture_tools.evaluate {verb}": (*words, *more)
        for verb, words, more in (
            ("compare", ("{model}", "{model}"), ("--photos", "{camera}")),
            ("models", ("{model}",), ("--photos", "{camera}")),
            *((verb, ("{camera}",), ("--predictor", "{model}"))
              for verb in ("shear", "views", "boxes", "bodies", "accuracy", "visits", "holds")),
            *((verb, ("{camera}", "{camera}"), ()) for verb in ("ap", "pck")),
            ("coverage", ("{camera}",), ("--predictor", "{model}", "--against", "{model}")),
            ("mannequin", ("{camera}",), ()),
            ("stickers", ("--photos", "{camera}"), ()),
            *((verb, ("{camera}",), ()) for verb in ("agreement", "limits")),
            ("decode", ("--shared", "{camera}"), ()),
        )
    },
}  # fmt: skip
# Verbs that act on the machine itself, which a test does not lend: where each is tried instead.
ELSEWHERE = {
    **{
        f"posture-station {verb}": ("commands/test_secrets.py", "fault_7_no_output_of_any_command")
        for verb in ("run", "demo")  # until somebody ends them
    },
    "posture-station provision": ("appliance/test_provision.py", "the_secret_is_roots_and_nowhere"),
    "posture-station netwatch": ("", "it is told an address of the network, and no secret"),
    **{
        f"posture-station software {step}": ("", "it is told nothing")
        for step in ("roll-back", "switch", "boot", "use-image")
    },
    "posture-collector demo-broker": ("", "it is told nothing, and goes on for ever"),
}
DJANGO = ("posture-collector serve", "posture-collector account")  # set up once a process
COLLECTOR = "from posture_tools.collector.__main__ import main; raise SystemExit(main())"
STEP_FIRST = re.compile(r"^posture-collector (command|person) ")


@dataclass(frozen=True)
class World:
    """A station, a site's repository and keys, with every secret that they can have."""

    folder: Path
    places: dict[str, str]

    @property
    def secrets(self) -> list[str]:
        """Words, and of each private key one line that only it has."""
        keys = [path.read_text().splitlines()[1] for path in self.folder.rglob("*.pem")]
        return [*WORDS, *keys]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    model = described_file(folder / "c.onnx", colour_network(), colour_card())
    for name, secret in (
        ("password", BROKER_SECRET), ("passphrase", PASSPHRASE), ("enrol", ENROL_SECRET),
    ):  # fmt: skip
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    cv2.imwrite(str(folder / "one.png"), dots_picture(128, 96, POINTS, 6.0))
    (folder / "root.json").write_text("{}")
    (folder / "station.toml").write_text(
        f'state_dir = "{folder / "state"}"\n[camera]\nsource = "{CAMERA}"\nstall_s = 1.0\n'
        f'[models]\nsingle = "{model}"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = 9\nusername = "hall"\nallow_plain = true\n'
        f'password_file = "{folder / "password"}"\n'
        f'[trust]\ntoken_file = "{folder / "enrol"}"\n'
        f'[update]\nurl = "{REPOSITORY}"\nroot_file = "{folder / "root.json"}"\n'
    )
    keys, repository = folder / "keys", folder / "repository"
    asked = ["repo", "init", str(repository), "--keys", str(keys)]
    assert models_main([*asked, "--passphrase-file", str(folder / "passphrase")]) == 0
    places = {
        "folder": folder, "model": model, "photo": folder / "one.png", "keys": keys,
        "password": folder / "password", "passphrase": folder / "passphrase",
        "repository": repository, "site": folder / "site", "camera": CAMERA, "store": STORE,
    }  # fmt: skip
    return World(folder, {name: str(place) for name, place in places.items()})


def test_every_verb_has_its_row() -> None:
    assert set(ROWS) & set(ELSEWHERE) == set()
    assert set(ROWS) | set(ELSEWHERE) == set(EVERY)


def test_what_is_tried_elsewhere_is_there() -> None:
    tests = Path(__file__).parents[1]
    for file, name in ELSEWHERE.values():
        assert not file or f"def test_{name}" in (tests / file).read_text(encoding="utf-8")


@pytest.mark.timeout(600)  # the first row that measures compiles the kernels, once a checkout
@pytest.mark.parametrize("verb", ROWS)
@pytest.mark.filterwarnings("ignore")  # of libraries that are given nonsense here
def test_no_verb_prints_a_secret_that_it_was_given(
    world: World, verb: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [(name, program)] = [each for each in PROGRAMS.items() if verb.startswith(each[0])]
    monkeypatch.chdir(world.folder)
    monkeypatch.setenv("HOME", str(world.folder))
    steps = verb.removeprefix(name).split()
    words = [word.format(**world.places) for word in ROWS[verb]]
    typed = [steps[0], *words] if STEP_FIRST.match(verb) else [*steps, *words]
    if name == "posture-station":
        typed = ["--settings", str(world.folder / "station.toml"), *typed]
    for more in (["--json"] if EVERY[verb].json else [], []):
        if verb in DJANGO:
            status = subprocess.run(
                [sys.executable, "-c", COLLECTOR, *typed, *more],
                check=False, stdin=subprocess.DEVNULL,
            ).returncode  # fmt: skip
        else:
            status = program.main([*typed, *more])
        said = capfd.readouterr()
        assert "usage_invalid" not in said.out, said.out
        assert "--help` shows an example" not in said.err, said.err
        printed = said.out + said.err
        assert "ModuleNotFoundError" not in printed
        assert [secret for secret in world.secrets if secret in printed] == [], printed
        if status != 0 or not more:  # an error is told to people in either way
            break
