"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import hypothesis
import pytest
from not_tried import last_line
from simulators.dying import forkserver
from simulators.postgres import Postgres, find_postgres

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip at a desk, fail in continuous integration: there every part must be present."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in continuous integration nothing may be")
    pytest.skip(f"{what} is missing")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing is skipped in silence: the last line says what, and what brings it."""
    if (shown := config.pluginmanager.get_plugin("terminalreporter")) is None:
        return
    skipped = shown.stats.get("skipped", [])
    reasons = [str(each.longrepr[2]) for each in skipped if isinstance(each.longrepr, tuple)]
    if line := last_line(reasons, quick=config.getoption("quick")):
        shown.write_line(line, yellow=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true",
        help="Only what needs no program, browser, database or photograph, and is soon done.",
    )  # fmt: skip


# What `make test-quick` tries: the mathematics, the records and what is said of them.
QUICK = ("cli", "decode", "fms", "posture", "results", "sightings", "wire")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        config.args = [str(ROOT / "tests" / folder) for folder in QUICK]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("quick"):
        return
    needy = ("broker", "browser", "shared")
    left = [item for item in items if any(item.get_closest_marker(name) for name in needy)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party photographs and models beside the checkout."""
    folder = Path(os.environ.get("POSTURE_SHARED", ROOT.parent / "shared"))
    if not (folder / "models").is_dir():
        missing(f"the folder {folder} of third-party photographs and models")
    return folder


def program(name: str, package: str) -> str:
    """Path of a program, which a Debian package has."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        missing(f"the program {name} (Debian package {package})")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def mosquitto() -> str:
    return program("mosquitto", "mosquitto")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = find_postgres()
    if programs is None:
        missing("the program initdb (Debian package postgresql)")
    assert programs is not None
    # What these tests ask of the disk, one of their own asks with fsync on.
    with Postgres(programs, "fsync=off", "full_page_writes=off") as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> str:
    return program("chromium", "chromium")


@pytest.fixture
def one_torch_thread() -> Iterator[None]:
    """Small layers are slower on several threads, and far slower on a busy machine."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where children begin that die at a step of theirs."""
    return forkserver()
