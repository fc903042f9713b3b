"""The demo as somebody sees it who has never seen the product, and as a build server runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar

import pytest

DEMO = [sys.executable, "-m", "edge", "demo", "--source",
        "mannequin:?view=front&seconds=8&seed=12"]  # fmt: skip
pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


@pytest.fixture
def demo(mosquitto: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True)
    yield process
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)


def until(process: subprocess.Popen[str], said: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if said in line:
            return line
    raise AssertionError(f"the demo ended without {said!r}")


def entered(line: str) -> Callable[[str], str]:
    """A reader who logs in with what the demo has printed."""
    address, name, password = re.search(r"(http\S+)/\s+name (\S+)\s+password (\S+)", line).groups()  # type: ignore[union-attr]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = opener.open(f"{address}/enter/").read().decode()
    token = re.search('csrfmiddlewaretoken" value="([^"]+)', form)[1]  # type: ignore[index]
    told = {"username": name, "password": password, "csrfmiddlewaretoken": token}
    opener.open(f"{address}/enter/", urllib.parse.urlencode(told).encode())
    return lambda path: opener.open(f"{address}{path}").read().decode()


def eventually(holds: Callable[[], bool], most_s: float = 300.0) -> None:
    until_s = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.5)


def test_a_new_user_finds_the_whole_product_and_the_summary_counts(
    demo: subprocess.Popen[str],
) -> None:
    read = entered(until(demo, "password"))
    eventually(lambda: "P-1001" in read("/visits/") and "P-1002" in read("/visits/"))
    eventually(lambda: "data-shoulder_tilt-front" in read("/people/desk/P-1001/"))
    eventually(lambda: "silent for" in read("/stations/desk/hall-west/"))
    assert "rendered" in read("/visits/desk/hall-east/summer/")
    summary = until(demo, "frames seen")
    accepted, stored, messages, confirmed = map(
        int,
        re.search(
            r"(\d+) results accepted .* (\d+) stored by the collector; of (\d+) replayed messages"
            r" (\d+)", summary,
        ).groups(),  # type: ignore[union-attr]
    )  # fmt: skip
    assert accepted == stored > 0
    assert messages == confirmed > 10
    assert demo.wait(timeout=300) == 0
