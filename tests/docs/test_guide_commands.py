"""Every command that a page shows is typed by a test, or it is said here why not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT
from docs.guide_commands import Block, Command, commands, other_blocks
from posture_tools.collector.__main__ import PROGRAM as COLLECTOR
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.evaluate.__main__ import PROGRAM as EVALUATE
from posture_tools.load.__main__ import PROGRAM as LOAD
from posture_tools.models.__main__ import PROGRAM as MODELS
from simulators.archived import fill
from simulators.model_world import dots_model
from simulators.software_world import bound_wheel, station_wheel, wheels_folder

from edge.__main__ import PROGRAM as STATION
from edge.cli.program import Program
from edge.settings import Settings

# Whole pages: typed by a script, or commands of a kind.
BY_SCRIPT = {
    "docs/first-site.md": "tests/docs/test_first_site.py",
    "docs/station.md": "tests/appliance/vm/station_guide.py",
}
NOT_HERE = {
    "README.md": "`.ci/run` and tests/fresh/try call these targets of make",
    "CONTRIBUTING.md": "`.ci/run` and tests/fresh/try call these targets of make",
    "docs/examples/README.md": "tests/docs/test_examples.py applies every patch",
    "docs/train.md": "hours of rendering and training; tests/training trains small networks",
    "models_onnx/README.md": "hours, with photographs that are not ours; tests/evaluate",
    "systemd/README.md": "a machine of its own: tests/appliance",
    "tools/bodies/README.md": "needs torch and minutes for each picture; tests/bodies",
    "tools/training/README.md": "hours of rendering and training; tests/training",
}
_STAYS = "runs until it is stopped; docs/first-site.md has it"
_ASKS = "asks stations that answer: tests/collector/test_command.py"
_BOARD = "looks for a board before a lens: tests/screening/test_calibrating.py renders one"
_MEASURED = "networks take their time: tests/commands measures photographs by each option"
_HOURS = "a machine of its own, for minutes or hours: `make large`"


@dataclass(frozen=True)
class Page:
    """How a page's commands are typed in an empty folder.

    prepare : what is there before. instead : texts of the page and what is typed in their place.
    left_out : beginning of a command -> why it is not typed.
    """

    prepare: Callable[[Path], None]
    instead: dict[str, str]
    left_out: dict[str, str]


def a_store(folder: Path) -> None:
    """With nine messages of one station, where the pages name it and where programs look first."""
    with SqliteStore(folder / "collector.db") as store, fill(store, folder / "outbox.db"):
        pass
    usual = folder / ".local" / "state" / "posture-collector"
    usual.mkdir(parents=True)
    shutil.copyfile(folder / "collector.db", usual / "collector.db")
    shutil.copyfile(folder / "collector.db", folder / "copy.db")


def publishing(folder: Path) -> None:
    """A passphrase, a model, and the wheels of a release."""
    secret = folder / "secret"
    secret.write_text("four random words here\n")
    secret.chmod(0o600)
    a_store(folder)
    (folder / "model.onnx").write_bytes(dots_model("2"))
    wheels_folder(folder / "dist" / "wheels", station_wheel("1.1.0"), bound_wheel())


def a_repository(folder: Path) -> None:
    """As tools/repository/README.md begins one."""
    publishing(folder)
    begin = [each for each in commands() if each.page == "tools/repository/README.md"][:3]
    type_in(folder, begin, PASSPHRASE)


def nothing(_folder: Path) -> None:
    pass


PASSPHRASE = {
    f"posture-models repo {verb} repository":
        f"posture-models repo {verb} repository --passphrase-file secret"
    for verb in ("init", "sign", "publish", "rotate-key")
}  # fmt: skip

PAGES = {
    "docs/calibrate.md": Page(nothing, {}, {
        "posture-station calibrate lens": _BOARD,
        "posture-station calibrate stance": _BOARD,
        "posture-station calibrate picture": _BOARD,
        "posture-station calibrate marks": _BOARD,
        "posture-station calibrate show": "says no before anything is calibrated, as it should",
    }),
    "docs/grow.md": Page(a_store, {
        "/srv/posture/site": "site", "STORE": "collector.db", "postgresql://...": "$DATABASE",
        "postgresql://db-1.local/posture": "$DATABASE",
    }, {
        "createdb": "the tests' server makes its databases itself",
        "posture-collector store archive": "its months are years old: tests/collector/archive",
        "posture-collector store reopen": "its months are years old: tests/collector/archive",
        "posture-collector run": _STAYS,
        "python tests/budgets": _HOURS,
        "python -m posture_tools.load run": _HOURS,
        "python -m posture_tools.load connect": _HOURS,
    }),
    "docs/hang.md": Page(nothing, {}, {
        "sudo ./systemd/install": "installs this machine; tests/appliance/test_install.py",
        "sudo posture-station doctor": "of a station; docs/station.md has it",
    }),
    "docs/integrate.md": Page(a_store, {}, {
        "curl": "asks pages that are served: tests/pages/test_api.py",
        "posture-collector webhook deliver": "runs until it is stopped: tests/collector/webhooks",
    }),
    "docs/pages.md": Page(a_store, {".venv/bin/": ""}, {
        ".venv/bin/posture-collector run": _STAYS,
        ".venv/bin/posture-collector serve": "runs until it is stopped; tests/pages",
    }),
    "docs/photographs.md": Page(nothing, {".venv/bin/": ""}, {
        ".venv/bin/posture-station assess": _MEASURED,
    }),
    "docs/programs.md": Page(a_store, {}, {
        "posture-collector run": _STAYS,
        "posture-station run": _STAYS,
        "posture-station doctor": "of a station; docs/station.md has it",
        "posture-collector command": _ASKS,
        "sudo ./systemd/install": "installs this machine; tests/appliance/test_install.py",
        "posture-models": "of a model of somebody else's: tests/models/test_command_line.py",
        "posture-station assess": "of a model of somebody else's: tests/commands/test_assess.py",
    }),
    "docs/screening.md": Page(nothing, {}, {"posture-collector command": _ASKS}),
    "docs/site.md": Page(a_store, {
        "/srv/posture/collector.db": "collector.db", "/srv/posture/site": "site",
        "SITE_FOLDER": "site", "FILE": "collector.db", "person CODE": "person p-17",
    }, {
        "posture-collector run": _STAYS,
        "posture-collector site doctor": "says no while offline keys lie there: tests/collector",
        "posture-collector erase --session": _ASKS,
        "posture-collector erase --code": _ASKS,
        "posture-station doctor": "of a station; docs/station.md has it",
    }),
    "docs/stickers.md": Page(nothing, {}, {"posture-station assess": _MEASURED}),
    "docs/updates.md": Page(a_repository, PASSPHRASE, {
        "python -m posture_tools.wheels": "fetches from the package index; docs/station.md has it",
        "posture-collector rollout": "follows stations that update: tests/update/test_fleet.py",
        "posture-models repo add-role": "of a repository from before: tests/repository",
        "posture-models repo sign repository --key keys/targets.pem": "belongs to add-role",
        "posture-station software": "of a station: tests/software/test_telling.py",
        "sudo posture-station software": "of a station: tests/software/test_telling.py",
        "pytest": "these tests",
        "python tests/appliance": "a machine of its own",
    }),
    "edge/sightings/README.md": Page(nothing, {}, {"posture-station assess": _MEASURED}),
    "tools/mannequin/README.md": Page(nothing, {}, {
        "posture-station demo": "tests/commands/test_demo.py",
        "posture-station run": "docs/first-site.md has it",
    }),
    "tools/repository/README.md": Page(publishing, PASSPHRASE, {
        "posture-collector rollout": "follows stations that update: tests/update/test_fleet.py",
        "posture-collector desire": _ASKS,
    }),
}  # fmt: skip
_PROGRAMS: dict[str, Program] = {
    "posture-station": STATION,
    "posture-collector": COLLECTOR,
    "posture-models": MODELS,
    "posture_tools.evaluate": EVALUATE,
    "posture_tools.load": LOAD,
}


def reason(command: Command) -> str:
    """Why a command is not typed; empty where it is."""
    page = PAGES[command.page]
    return next((why for begin, why in page.left_out.items() if command.line.startswith(begin)), "")


def type_in(folder: Path, typed: list[Command], instead: dict[str, str], **env: str) -> str:
    """Type commands in a folder, which is its user's home; what was said, or the test fails."""
    lines = ["set -euo pipefail"]
    for command in typed:
        line = command.line
        for old, new in instead.items():
            line = line.replace(old, new)
        lines.append(f"echo {'$'} '{line.partition('  #')[0]}'\n{line}")
    python = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], check=False, cwd=folder, text=True,
        env={**os.environ, "HOME": str(folder), "PATH": f"{python}:{os.environ['PATH']}", **env},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_command_is_typed_or_says_why_not() -> None:
    shown = {command.page for command in commands()}
    assert shown == {*BY_SCRIPT, *NOT_HERE, *PAGES}, "a page is new, or has no command any more"
    for command in commands():
        if command.page in BY_SCRIPT:
            assert command.fenced or command.line.startswith("sudo apt-get install"), command


def test_no_reason_outlives_its_command() -> None:
    for name, page in PAGES.items():
        lines = [command.line for command in commands() if command.page == name]
        for begin in page.left_out:
            assert any(line.startswith(begin) for line in lines), (name, begin)
        for old in page.instead:
            if page.instead is not PASSPHRASE:
                assert any(old in line for line in lines), (name, old)


def test_the_tests_that_reasons_name_are_there() -> None:
    reasons = [*BY_SCRIPT.values(), *NOT_HERE.values()]
    reasons += [why for page in PAGES.values() for why in page.left_out.values()]
    for why in reasons:
        for named in re.findall(r"tests/[\w/]+(?:\.py)?", why):
            assert (ROOT / named).exists(), named


def test_every_target_of_make_is_one() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands():
        if command.words[0] == "make":
            assert command.words[1] in targets, command


@pytest.mark.parametrize("command", commands(), ids=lambda each: f"{each.page}: {each.line[:60]}")
def test_a_command_is_one_that_its_program_knows(command: Command) -> None:
    words = command.words[command.words[0] == "sudo" :]
    words = words[: words.index(">")] if ">" in words else words
    if words[:2] == ["python", "-m"]:
        words = words[2:]
    program = _PROGRAMS.get(words[0].removeprefix(".venv/bin/"))
    if program is None or "--help" in words:
        return
    left_out = [word for word in words if word == "..." or word.startswith("[")]
    given = [word for word in words[1:] if word not in left_out]
    parsed, unknown = program.parser().parse_known_args(given)
    assert parsed.verb
    assert not unknown


# Blocks without a command that are no settings either: by page, how each begins.
DRAWN = {
    "ARCHITECTURE.md": ("frame      = camera", "__main__"),
    "README.md": ("camera ──>",),
    "docs/integrate.md": ("POST /posture",),
    "docs/updates.md": ("posture-update ",),
    "docs/wire.md": ('{"schema":', "ps/2"),
    "edge/decode/README.md": ("heatmaps (K, H, W)",),
    "edge/markers/README.md": ("picture ──>",),
    "edge/sightings/README.md": ("{",),
    "systemd/README.md": ("/var/lib/posture/settings/",),
    "tools/mannequin/README.md": ("python -m timeit",),
    "tools/repository/README.md": ("[Service]",),
    "tools/training/README.md": ("pack (photographs)",),
}


@pytest.mark.parametrize("block", other_blocks(), ids=lambda each: f"{each.page}: {each.lines[0]}")
def test_a_block_without_a_command_is_settings_or_known(block: Block) -> None:
    if any(block.lines[0].startswith(begin) for begin in DRAWN.get(block.page, ())):
        return
    text = "\n".join(block.lines)
    settings = tomllib.loads(text)
    own = {"site", "station", "broker", "token", "ca", "site_key", "enrol"}  # of posture.toml
    msgspec.convert({key: value for key, value in settings.items() if key not in own}, Settings)
    assert set(settings) <= own | {field.name for field in msgspec.structs.fields(Settings)}


def test_no_drawing_is_gone() -> None:
    for page, begins in DRAWN.items():
        first = [block.lines[0] for block in other_blocks() if block.page == page]
        for begin in begins:
            assert any(line.startswith(begin) for line in first), (page, begin)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PAGES)
def test_a_pages_commands_go_well(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = PAGES[name]
    typed = [each for each in commands() if each.page == name and not reason(each)]
    if not typed:
        return
    env = {}
    if any("$DATABASE" in each for each in page.instead.values()):
        env["DATABASE"] = request.getfixturevalue("postgres").database(empty=True)
    page.prepare(tmp_path)
    said = type_in(tmp_path, typed, page.instead, **env)
    assert said.count("\n$ ") + said.startswith("$ ") == len(typed)
