"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip at a desk, fail in continuous integration: there every part must be present."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in continuous integration nothing may be")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party photographs and models beside the checkout."""
    folder = Path(os.environ.get("POSTURE_SHARED", ROOT.parent / "shared"))
    if not (folder / "models").is_dir():
        missing(f"the folder {folder} of third-party photographs and models")
    return folder


@pytest.fixture(scope="session")
def mosquitto() -> str:
    """Path of the mosquitto program."""
    path = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        missing("the program mosquitto (Debian package mosquitto)")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def browser() -> str:
    """Path of the chromium program."""
    path = shutil.which("chromium")
    if path is None:
        missing("the program chromium (Debian package chromium)")
    assert path is not None
    return path
