"""A new card's first power-on, without a hand: `first_boot.py`. Then what must not be, is tried.

1. From power-on to the first result at the collector, measured by the shipped models.
2. Attempts out of the engine's and the uplink's sandboxes; no listening port.
3. What the camera saw is nowhere on the raw disk, in the journal or on the wire.
4. The card in another board: nothing starts.
Exit status 1 where one of them does not hold.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from card import put_on_card
from machine import ANOTHER_BOARD, GUEST_SEES_HOST, OUT, Machine, collector, stored
from posture_tools.mannequin.__main__ import write_film
from vm import Fail

RUN = "first-boot"
# A station has no rendered person: it gets a film of one. Read as fast as it can, for emulated
# processors are late for every frame.
VISIT = "mannequin:?view=front&fps=4&seconds=6&width=360&height=640"
SOURCE = "/opt/visit.avi"
# One network and 52 small frames: an emulated processor needs many seconds for each.
POSTURE = f"""
site = "north"
station = "hall-1"
broker = "{GUEST_SEES_HOST}:{{port}}"
token = "a-token-that-only-the-uplink-reads"
[mqtt]
allow_plain = true
[camera]
source = "{SOURCE}"
pace = "fast"
[models]
mode = "bottom-up"
[screening]
settle_s = 0.5
hold_s = 2
least_stature_px = 200
"""
FIRST_RESULT_WITHIN_S = 3600.0
BLOCK = 4096
# Runs in the guest, as other processors decode other pixels; its output never touches the disk.
PATTERNS = """
import cv2
import numpy as np
film = cv2.VideoCapture("SOURCE")
rng = np.random.default_rng(5)
for _ in range(3):
    image = film.read()[1]
    for row in rng.integers(100, len(image) - 100, 12):
        print(image[row, 100:116].tobytes().hex())
"""
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF", b"GIF8", b"BM6")


def blocks(path: Path) -> Iterator[bytes]:
    """Pieces of a file, each with the last 4096 bytes of the piece before it."""
    before = b""
    with path.open("rb") as file:
        while piece := file.read(4 << 20):
            yield before + piece
            before = piece[-BLOCK:]


def found_in(path: Path, patterns: Iterable[bytes]) -> set[bytes]:
    wanted = set(patterns)
    return {pattern for piece in blocks(path) for pattern in wanted if pattern in piece}


def pictures_in(disk: Path) -> int:
    """Blocks that begin as a picture file does: file systems start files at a block."""
    count = 0
    with disk.open("rb") as file:
        while block := file.read(BLOCK):
            count += block.startswith(SIGNATURES)
    return count


def sandboxed(machine: Machine, unit: str) -> str:
    """What `probe.py` says in a unit that differs from the station's in its program alone."""
    keep = "grep -vE '^(ExecStart|Type|Restart|RestartSec|Watchdog.*|LoadCredential)='"
    program = f"/opt/posture-station/venv/bin/python /opt/probe.py {unit}"
    machine.must(
        f"{keep} /usr/local/lib/systemd/system/posture-{unit}.service | "
        f"sed 's#^\\[Service\\]#[Service]\\nType=oneshot\\nExecStart={program}#' "
        f">/run/systemd/system/probe-{unit}.service; systemctl daemon-reload"
    )
    done = machine.run(f"systemctl start probe-{unit}; journalctl -o cat -u probe-{unit}")
    found = [line for line in done["out"].splitlines() if "LEAK" in line or "attempts" in line]
    if not found or "LEAK" in done["out"]:
        raise Fail(f"{unit}'s sandbox: {done['out']}")
    return found[-1]


def first_result(machine: Machine, store: Path) -> None:
    machine.power_on()
    machine.wait_for_console(r"saved 1: ", FIRST_RESULT_WITHIN_S)
    saved_s = time.time() - machine.t_on
    while not stored(store):
        if time.time() - machine.t_on > FIRST_RESULT_WITHIN_S:
            raise Fail("saved, and not at the collector")
        time.sleep(0.5)
    print(f"power-on to first result: saved after {saved_s:.0f} s, at the collector after "
          f"{time.time() - machine.t_on:.0f} s", flush=True)  # fmt: skip


def nothing_leaks(machine: Machine, pictures_before: int) -> None:
    for unit in ("engine", "uplink"):
        print(sandboxed(machine, unit), flush=True)
    ports = machine.must("ss -H -lntup | grep -v '127.0.0' || true").strip()
    if "posture" in ports or "python" in ports:
        raise Fail(f"a port is open: {ports}")
    print(f"no port of the station listens ({ports or 'nor any other'})", flush=True)
    if machine.run("test -e /boot/posture.toml")["rc"] == 0:
        raise Fail("the file with the token is still on the boot partition")
    script = PATTERNS.replace("SOURCE", SOURCE)
    told = machine.run(
        "NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR=/var/lib/posture/kernels "
        "/opt/posture-station/venv/bin/python -", timeout=600, stdin=script.encode(),
    )  # fmt: skip
    patterns = {bytes.fromhex(line) for line in told["out"].split()}
    control = b"the search finds what is there " + bytes(range(16))
    write = f"open('/root/control', 'wb').write(bytes.fromhex('{control.hex()}'))"
    machine.must(f'python3 -c "{write}" && sync')
    machine.must("journalctl --sync --rotate; sync")
    machine.poweroff(timeout=600)
    disk, wire = Path(machine.disk), OUT / "run" / RUN / "wire.pcap"
    if not found_in(disk, {control}):
        raise Fail("the search does not find what is on the disk")
    if found := found_in(disk, patterns) | found_in(wire, patterns):
        raise Fail(f"{len(found)} pieces of pictures on disk or wire")
    pictures = pictures_in(disk)
    print(
        f"{len(patterns)} pieces of 3 pictures: none on {disk.stat().st_size >> 20} MB of raw disk "
        f"with its journal, none in {wire.stat().st_size >> 10} KB of wire; "
        f"{pictures - pictures_before} new blocks begin as a picture file does"
    )
    if pictures > pictures_before:
        raise Fail("a picture file was written")


def copied_card_starts_nothing() -> None:
    copy = Machine(RUN, disk="volatile", board=ANOTHER_BOARD, fresh=False)
    try:
        copy.power_on()
        copy.wait_for_console(r"belongs to another board", 900)
        copy.wait_boot()
        states = copy.run("systemctl is-active posture-engine posture-uplink")["out"].split()
    finally:
        copy.stop_now()
    if "active" in states or "activating" in states:
        raise Fail(f"a copied card runs: {states}")
    print(f"the card in another board: engine and uplink {' and '.join(states)}")


def main() -> int:
    with collector(OUT / f"{RUN}-collector") as (port, store):
        machine = Machine(RUN, disk="volatile")
        disk = Path(machine.disk)
        put_on_card(disk, "/boot/posture.toml", POSTURE.format(port=port).encode())
        with tempfile.TemporaryDirectory() as folder:
            write_film(Path(folder) / "visit.avi", VISIT)
            put_on_card(disk, SOURCE, (Path(folder) / "visit.avi").read_bytes())
        put_on_card(disk, "/opt/probe.py", Path(__file__).with_name("probe.py").read_bytes())
        pictures_before = pictures_in(disk)
        try:
            first_result(machine, store)
            nothing_leaks(machine, pictures_before)
        finally:
            machine.stop_now()
        machine.lock.close()
        copied_card_starts_nothing()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Fail, subprocess.CalledProcessError) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
