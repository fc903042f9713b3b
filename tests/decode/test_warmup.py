"""Cold start: kernels compiled at installation serve a service that may write nothing there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import missing

from edge.decode.warmup import warm_up

# Compiling takes ten seconds of a processor, which others may be using.
pytestmark = pytest.mark.timeout(600)

REPORT = """
from edge.decode.warmup import warm_up
from edge.decode import kernel, paf_people
warm_up()
stats = paf_people.find_people.stats
print(sum(stats.cache_hits.values()), stats.cache_path)
"""


# Root may write anywhere: as a service it steps down to what the file modes say.
STEP_DOWN = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


def start(cache: Path, prefix: list[str] | None = None) -> list[str]:
    """Warm up in a fresh process; [cache hits of the decoder, path of its cache]."""
    environment = {
        "NUMBA_CACHE_DIR": str(cache),
        "HOME": "/nonexistent",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [*(prefix or []), sys.executable, "-c", REPORT],
        env=environment, check=True, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    return done.stdout.split()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache as the installation leaves it: complete, readable, for others not writable."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / "posture-kernels-of-an-older-version").mkdir()
    (cache / "of-somebody-else").mkdir()
    hits, path = start(cache)
    assert hits == "0"
    assert path.startswith(str(cache))
    assert {entry.name for entry in cache.iterdir()} == {
        "of-somebody-else", Path(path).parent.name,
    }  # fmt: skip
    return cache


def test_a_second_start_compiles_nothing(installed: Path):
    assert start(installed)[0] == "1"


def test_a_service_user_starts_from_a_read_only_cache(installed: Path):
    for entry in (installed, *installed.rglob("*")):
        entry.chmod(0o555 if entry.is_dir() else 0o444)
    prefix = STEP_DOWN if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        missing("the program setpriv (Debian package util-linux)")
    before = sorted(installed.rglob("*"))
    hits, path = start(installed, prefix)
    assert hits == "1"
    assert not path.startswith(str(installed))
    assert sorted(installed.rglob("*")) == before
    assert not Path(path).exists(), "the copy goes with the process"


def test_warming_up_in_this_process_finds_nobody():
    warm_up()
