"""Cut a station's power at random moments: `power_cuts.py [--cuts N] [--disk volatile|torn:SEED]`.

Each time the machine must come back by itself, and in the end the collector must have everything
that the station ever called saved, each once. Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

from card import put_on_card
from machine import GUEST_SEES_HOST, OUT, Machine, collector, stored
from vm import Fail

BACK_WITHIN_S = 900.0
POSTURE = """
site = "north"
station = "hall-1"
broker = "{host}:{port}"
"""
# Results come from `measurer.py` in the engine's own unit.
DROP_IN = """[Service]
ExecStart=
ExecStart=/opt/posture-station/venv/bin/python /opt/measurer.py {every_s}
"""


def prepare(disk: Path, port: int, every_s: float = 0.5) -> None:
    """The file on the boot partition and the measurer, on a card that never ran."""
    unit = "/etc/systemd/system/posture-engine.service.d/measurer.conf"
    posture = POSTURE.format(host=GUEST_SEES_HOST, port=port)
    put_on_card(disk, "/boot/posture.toml", posture.encode())
    put_on_card(disk, "/opt/measurer.py", Path(__file__).with_name("measurer.py").read_bytes())
    put_on_card(disk, unit, DROP_IN.format(every_s=every_s).encode())


def cut_once(machine: Machine, dice: random.Random, during_boot: bool) -> set[int]:
    """Power on, power off; what was called saved in between."""
    machine.power_on()
    if during_boot:
        time.sleep(dice.uniform(2.0, 60.0))
    else:
        machine.wait_for_console(r"saved \d+: ", BACK_WITHIN_S)
        time.sleep(dice.uniform(0.0, 12.0))
    machine.kill()
    return machine.said_saved()


def check_file_system(disk: Path) -> str:
    """Whether the journal's replay leaves a sound file system, tried on a copy."""
    copy = disk.with_name("fsck.raw")
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", disk, copy], check=True)
    subprocess.run(["e2fsck", "-fp", copy], capture_output=True, check=False)
    done = subprocess.run(["e2fsck", "-fn", copy], capture_output=True, check=False)
    copy.unlink()
    return "sound" if done.returncode == 0 else "damaged"


def wait_until_delivered(machine: Machine, store: Path, wanted: set[int]) -> None:
    until_s = time.monotonic() + BACK_WITHIN_S
    while not wanted <= {seq for _, seq in stored(store)}:
        if time.monotonic() > until_s:
            raise Fail(f"not delivered: {sorted(wanted - {seq for _, seq in stored(store)})}")
        time.sleep(1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--disk", default="volatile", help="or torn:SEED")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run = f"cuts-{options.disk.replace(':', '-')}"
    dice = random.Random(options.seed)
    said: set[int] = set()
    with collector(OUT / f"{run}-collector") as (port, store):
        machine = Machine(run, disk=options.disk, mask="posture-kernels.service")
        try:
            prepare(Path(machine.disk), port)
            for number in range(1, options.cuts + 1):
                began_s = time.monotonic()
                during_boot = number % 4 == 0
                now = cut_once(machine, dice, during_boot)
                said |= now
                print(
                    f"cut {number:2} {'during boot' if during_boot else 'measuring  '}: "
                    f"{len(now)} called saved, {len(stored(store))} at the collector, "
                    f"file system {check_file_system(Path(machine.disk))}, "
                    f"{time.monotonic() - began_s:.0f} s",
                    flush=True,
                )
            machine.power_on()
            machine.wait_for_console(r"saved \d+: ", BACK_WITHIN_S)
            time.sleep(5.0)
            said |= machine.said_saved()
            wait_until_delivered(machine, store, said)
        finally:
            machine.stop_now()
        rows = stored(store)
    epochs = {epoch for epoch, _ in rows}
    sequence = {seq for _, seq in rows}
    holes = set(range(1, max(sequence) + 1)) - sequence
    print(
        f"{options.cuts} power cuts, disk {options.disk}: {len(said)} results called saved, "
        f"{len(said - sequence)} of them missing; {len(sequence)} stored from {len(epochs)} outbox"
        f" with {len(holes)} holes in their numbers"
    )
    return 0 if said and said <= sequence and not holes and len(epochs) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
