"""A release under power cuts: `software_update.py [--cuts N] [--user-mode]`, as root.

1. A signed release is offered; the power is cut at random moments while it is fetched, while it is
   built, and from its switch on. After each cut the machine comes up by itself on a complete
   release, and accepts results. Where a release was sooner done than its next cut came, that cut
   is made of the next release.
2. Left alone, the release is confirmed.
3. A release whose engine dies at its start is rolled back, by itself.
4. Every result that any boot called saved is at the collector, each once.
Exit status 1 where one of them does not hold. Results come from `measurer.py`, as in power_cuts.
The image comes from `machine.py`. An environment is built in a minute, by an emulated processor in
tens of them: --longest-s says up to when a cut is drawn, so that it falls into the building.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from card import put_on_card
from machine import GUEST_SEES_HOST, OUT, ROOT, Machine, Told, UserModeMachine, collector, stored
from power_cuts import check_file_system, prepare, wait_until_delivered
from user_mode import HOST, link_to_the_machine
from vm import Fail

sys.path.insert(0, str(ROOT / "tests"))
from posture_tools.repository.wheel_sets import terms_of, wheel_set_of
from simulators.model_world import Publisher

BACK_WITHIN_S = 1800.0
SETTLED_WITHIN_S = 4 * 3600.0
RATE_KB_S = 4000.0  # so that a download lasts long enough to be hit
FETCHED = "/var/lib/posture/state/software"
BUILT = "/var/lib/posture/software"
# A step, and how the machine's disk shows that it has begun, this time. `switch` goes on into the
# trial.
SINCE_BOOT = "-newer /run/systemd/notify"
STEPS = {
    "fetch": f"find {FETCHED} -name '*.whl' -o -name '*.part' | grep .",
    "build": f"find {BUILT}/releases -name venv {SINCE_BOOT} | grep .",
    "switch": f"grep '\"trial\":{{' {BUILT}/releases.json",
}
LONGEST_S = {"fetch": 20.0, "switch": 40.0}  # from a step's beginning to the cut
GOOD, SICK = "9.1.{}", "9.2.0"
_BEGAN_S = time.monotonic()
_READY = '    return notify("READY=1", f"STATUS={status}")'


def tell(what: str) -> None:
    print(f"{time.monotonic() - _BEGAN_S:5.0f} s  {what}", flush=True)


def release(publisher: Publisher, version: str, *, sick: bool) -> str:
    """Publish what is committed under another version, with the wheels that made the image."""
    source, wheels = OUT / "release-source", OUT / "release-wheels"
    for folder in (source, wheels):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(OUT / "source", source, ignore=shutil.ignore_patterns("wheels"))
    shutil.copytree(OUT / "source" / "wheels", wheels)
    changed = {source / "edge/__init__.py": ('__version__ = "', f'__version__ = "{version}"  # "')}
    if sick:  # it passes every check, and dies where it should tell that it is ready
        changed[source / "edge/systemd.py"] = (_READY, "    raise SystemExit(3)")
    for path, (before, after) in changed.items():
        text = path.read_text()
        if before not in text:
            raise Fail(f"{path} is not as this script knows it")
        path.write_text(text.replace(before, after))
    for path in wheels.glob("posture_station-*.whl"):
        path.unlink()
    pip_wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip_wheel, "--wheel-dir", wheels, source], check=True)
    found, files, installed_bytes = wheel_set_of(wheels)
    sha256 = publisher.repository.release(found, files, terms_of(found, installed_bytes, 100, ""))
    publisher.sign_and_publish()
    return sha256


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """What was fetched stands in the machine's journal."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *request: object) -> None:
        """The other side's power was cut."""


@contextmanager
def served(folder: Path, address: str) -> Iterator[int]:
    handler = functools.partial(_Silent, directory=str(folder))
    with _Server((address, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def card(disk: Path, broker_port: int, repository_port: int, root: bytes) -> None:
    prepare(disk, broker_port, every_s=2.0)
    url = f"http://{GUEST_SEES_HOST}:{repository_port}"
    posture = (
        f'site = "north"\nstation = "hall-1"\nbroker = "{GUEST_SEES_HOST}:{broker_port}"\n'
        f'[update]\nurl = "{url}"\nrate_kb_s = {RATE_KB_S}\n'
    )
    put_on_card(disk, "/boot/posture.toml", posture.encode())
    put_on_card(disk, "/boot/update-root.json", root)


def comes_up(machine: Told) -> str:
    """Power on; the version that serves, once results are accepted by it."""
    machine.power_on()
    machine.wait_for_console(r"saved \d+: ", BACK_WITHIN_S)
    folder = machine.must("readlink -f /var/lib/posture/software/active").strip()
    if "/releases/" in folder:
        machine.must(f"test -e {folder}/release.json")
    program = "/opt/posture-station/venv/bin/posture-station"
    return machine.must(f"{program} --version").split()[-1]


def steps_to_cut(cuts: int) -> list[str]:
    """The step of each cut, in the order in which an update goes.

    Two cuts of a trial at most: the third boot within one sends the release back.
    """
    switched = min(2, (cuts + 1) // 3)
    fetched = (cuts - switched) // 2
    built = cuts - switched - fetched
    return ["fetch"] * fetched + ["build"] * built + ["switch"] * switched


def is_switched(machine: Told, sha256: str) -> bool:
    """Whether a release is on trial, or its trial has ended."""
    return not machine.run(f"grep {sha256} {BUILT}/releases.json")["rc"]


def begins(machine: Told, step: str, sha256: str) -> bool:
    """Wait for a step; False where the release is past it."""
    until_s = time.monotonic() + SETTLED_WITHIN_S
    while machine.run(STEPS[step])["rc"]:
        if is_switched(machine, sha256):
            return False
        if time.monotonic() > until_s:
            raise Fail(f"{step} does not begin: {machine.tail()}")
        time.sleep(5.0)
    return True


def status(machine: Told) -> dict:
    return json.loads(machine.must("posture-station software status --json"))


def ask(machine: Told) -> None:
    """The timer would do it within the hour."""
    machine.run("systemctl start --no-block posture-update.service")


def wait_until(machine: Told, what: str, sha256: str, holds) -> None:
    until_s = time.monotonic() + SETTLED_WITHIN_S
    while not holds(now := status(machine)):
        if time.monotonic() > until_s or sha256 in now["bad"]:
            raise Fail(f"{sha256[:12]} is not {what}: {now}")
        if machine.run("systemctl is-active posture-software posture-update | grep activat")["rc"]:
            ask(machine)
        time.sleep(30.0)
    tell(f"{sha256[:12]} is {what}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=6)
    parser.add_argument("--disk", default="volatile", help="or torn:SEED")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest-s", type=float, default=300.0, help="of building, to the cut")
    parser.add_argument("--user-mode", action="store_true", help="no emulated processor")
    options = parser.parse_args()
    kind, address = (UserModeMachine, HOST) if options.user_mode else (Machine, "127.0.0.1")
    if options.user_mode:
        link_to_the_machine()
    shutil.rmtree(OUT / "repository", ignore_errors=True)
    publisher = Publisher(OUT / "repository")
    with (
        collector(OUT / "software-collector", address) as (port, store),
        served(publisher.public, address) as web_port,
    ):
        machine = kind("software", disk=options.disk, mask="posture-kernels.service")
        try:
            card(Path(machine.disk), port, web_port, publisher.root)
            said = update_under_cuts(machine, publisher, options)
            wait_until_delivered(machine, store, said)
        finally:
            machine.stop_now()
        print(f"{len(said)} results called saved, none missing; {len(stored(store))} stored, each "
              "once", flush=True)  # fmt: skip
    return 0


def wait_until_confirmed(machine: Told, sha256: str) -> None:
    wait_until(machine, "confirmed", sha256,
               lambda s: (s["confirmed"] or {}).get("sha256") == sha256)  # fmt: skip


def update_under_cuts(machine: Told, publisher: Publisher, options: argparse.Namespace) -> set[int]:
    """See the module; what was called saved. Fail where something does not hold."""
    dice, said = random.Random(options.seed), set[int]()
    numbers = itertools.count()
    good, newest = "", ""  # the list of wheels of the release on offer, and its version

    def offer() -> None:
        nonlocal good, newest
        newest = GOOD.format(next(numbers))
        good = release(publisher, newest, sick=False)
        tell(f"{newest} is offered, {good[:12]}")

    offer()
    for number, step in enumerate(steps_to_cut(options.cuts), 1):
        after_s = dice.uniform(0.0, LONGEST_S.get(step, options.longest_s))
        version = comes_up(machine)
        ask(machine)
        while not begins(machine, step, good):
            wait_until_confirmed(machine, good)
            offer()
            ask(machine)
        time.sleep(after_s)
        over = " (which was over)" if step != "switch" and is_switched(machine, good) else ""
        machine.kill()
        said |= (now := machine.said_saved())
        sound = check_file_system(Path(machine.disk))
        tell(f"cut {number}: {version} served, {after_s:.0f} s after the beginning of {step}"
             f"{over}, {len(now)} called saved, file system {sound}")  # fmt: skip
        if sound != "sound":
            raise Fail("a cut damaged the file system")
    tell(f"{comes_up(machine)} serves after the last cut")
    wait_until_confirmed(machine, good)
    sick = release(publisher, SICK, sick=True)
    wait_until(machine, "rolled back", sick, lambda s: sick in s["bad"])
    now = status(machine)
    tell(f"why: {now['bad'][sick]}")
    if now["confirmed"]["sha256"] != good:
        raise Fail("the release before does not serve")
    machine.kill()
    said |= machine.said_saved()
    if (version := comes_up(machine)) != newest:
        raise Fail(f"{version} serves")
    tell(f"{version} serves after one more cut")
    return said | machine.said_saved()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fail as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
