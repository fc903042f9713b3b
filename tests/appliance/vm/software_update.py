"""A release under power cuts: `software_update.py [--cuts N] [--disk volatile|torn:SEED]`, as root.

1. A signed release is offered; the power is cut at random moments while it is fetched, built and
   tried. After each cut the machine comes up by itself on a complete release, and accepts results.
2. Left alone, the release is confirmed.
3. A release whose engine dies at its start is rolled back, by itself.
Exit status 1 where one of them does not hold. Results come from `measurer.py`, as in power_cuts.
An emulated processor builds an environment in tens of minutes; with --user-mode it is this
machine's own, and cuts are drawn closer (--longest-s 300).
"""

from __future__ import annotations

import argparse
import functools
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
from machine import GUEST_SEES_HOST, OUT, ROOT, Machine, Told, UserModeMachine, collector
from power_cuts import check_file_system, prepare
from user_mode import HOST, link_to_the_machine
from vm import Fail

sys.path.insert(0, str(ROOT / "tests"))
from posture_tools.repository.wheel_sets import terms_of, wheel_set_of
from simulators.model_world import Publisher

BACK_WITHIN_S = 1800.0
SETTLED_WITHIN_S = 4 * 3600.0
GOOD, SICK = "9.1.0", "9.2.0"
_READY = '    return notify("READY=1", f"STATUS={status}")'


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


@contextmanager
def served(folder: Path, address: str) -> Iterator[int]:
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((address, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def card(disk: Path, broker_port: int, repository_port: int, root: bytes) -> None:
    prepare(disk, broker_port)
    url = f"http://{GUEST_SEES_HOST}:{repository_port}"
    posture = (
        f'site = "north"\nstation = "hall-1"\nbroker = "{GUEST_SEES_HOST}:{broker_port}"\n'
        f'[update]\nurl = "{url}"\nrate_kb_s = 100000.0\n'
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


def status(machine: Told) -> dict:
    return json.loads(machine.must("posture-station software status --json"))


def ask(machine: Told) -> None:
    """The timer would do it within the hour."""
    machine.run("systemctl start --no-block posture-update.service")


def wait_until(machine: Told, what: str, sha256: str, holds) -> None:
    until_s = time.monotonic() + SETTLED_WITHIN_S
    while not holds(status(machine)):
        if time.monotonic() > until_s:
            raise Fail(f"{sha256[:12]} is not {what}: {status(machine)}")
        if machine.run("systemctl is-active posture-software posture-update")["rc"]:
            ask(machine)
        time.sleep(30.0)
    print(f"{sha256[:12]} is {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=6)
    parser.add_argument("--disk", default="volatile", help="or torn:SEED")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest-s", type=float, default=1500.0, help="from asking to the cut")
    parser.add_argument("--user-mode", action="store_true", help="no emulated processor")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    kind, address = (UserModeMachine, HOST) if options.user_mode else (Machine, "127.0.0.1")
    if options.user_mode:
        link_to_the_machine()
    shutil.rmtree(OUT / "repository", ignore_errors=True)
    publisher = Publisher(OUT / "repository")
    with (
        collector(OUT / "software-collector", address) as (port, _),
        served(publisher.public, address) as web_port,
    ):
        machine = kind("software", disk=options.disk, mask="posture-kernels.service")
        try:
            card(Path(machine.disk), port, web_port, publisher.root)
            good = release(publisher, GOOD, sick=False)
            for number in range(1, options.cuts + 1):
                version = comes_up(machine)
                ask(machine)
                after_s = dice.uniform(1.0, options.longest_s)
                time.sleep(after_s)
                machine.kill()
                sound = check_file_system(Path(machine.disk))
                print(f"cut {number}: {version} served, {after_s:.0f} s after asking, file system "
                      f"{sound}", flush=True)  # fmt: skip
            print(f"{comes_up(machine)} serves after the last cut", flush=True)
            bad = status(machine)["bad"]
            if good in bad:  # three boots within its trial: caution, and an operator may force it
                print(f"rolled back by the cuts: {bad[good]}", flush=True)
                return 0 if bad[good]["reason"] == "tries_used_up" else 1
            wait_until(machine, "confirmed", good,
                       lambda s: (s["confirmed"] or {}).get("sha256") == good)  # fmt: skip
            sick = release(publisher, SICK, sick=True)
            wait_until(machine, "rolled back", sick, lambda s: sick in s["bad"])
            if status(machine)["confirmed"]["sha256"] != good:
                raise Fail("the release before does not serve")
            machine.kill()
            if (version := comes_up(machine)) != GOOD:
                raise Fail(f"{version} serves")
        finally:
            machine.stop_now()
    return 0


if __name__ == "__main__":
    sys.exit(main())
