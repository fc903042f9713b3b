"""A Debian machine under systemd with the station on it, and a broker and a collector beside it.

The machine comes from the harness in `../shared/vm` (qemu; its disk loses what was not flushed when
the power is cut), or is a user-mode kernel that boots the same image (`user_mode.py`). What a
station says reaches this side over the console, so what it said before a power cut is known
although its own journal lost it.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HARNESS = Path(os.environ.get("POSTURE_SHARED", ROOT.parent / "shared")) / "vm"
OUT = Path(os.environ.setdefault("VM_OUT", str(ROOT.parent / "vm-out")))
sys.path.insert(0, str(HARNESS))

from user_mode import HOST, UserMode  # noqa: E402
from vm import VM, Fail, free_port  # noqa: E402

IMAGE = "posture"
GUEST_SEES_HOST = HOST
BOARD = "6f2c1a52-5d7e-4c43-9d52-0d8a4f0e9a11"
JOURNAL = "systemd.journald.forward_to_console=1"
ANOTHER_BOARD = "0b9e2f4e-7a35-4b1c-8f61-5a1d3c7e2b90"

# A machine beside others, and the more so an emulated processor, is slow: limits of time that are
# meant for a board of its own are widened.
SLOW = """
for unit in kernels provision software-boot engine uplink netwatch; do
  mkdir -p /etc/systemd/system/posture-$unit.service.d
  printf '[Service]\\nTimeoutStartSec=60min\\n' \\
    >/etc/systemd/system/posture-$unit.service.d/slow.conf
done
for unit in engine uplink netwatch; do
  echo WatchdogSec=30min >>/etc/systemd/system/posture-$unit.service.d/slow.conf
done
"""
# Kernels are compiled here, for any x86-64, and nothing that the station does not need is started.
EMULATED = f"""
for unit in posture-kernels posture-engine posture-software; do
  mkdir -p /etc/systemd/system/$unit.service.d
  printf '[Service]\\nEnvironment=NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=\\n' \\
    >/etc/systemd/system/$unit.service.d/emulated.conf
done
{SLOW}
systemctl mask serial-getty@ttyS0 getty@tty1 ssh mosquitto
"""


def build_image() -> None:
    """The image of what is committed, made by the station's own installer without internet."""
    source = OUT / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x"], cwd=source, input=packed.stdout, check=True)
    subprocess.run(
        [sys.executable, source / "tools" / "wheels.py", "--machine", "x86_64",
         "--fetch", source / "wheels"],
        check=True,
    )  # fmt: skip
    install = (
        "export PIP_CONFIG_FILE=/dev/null NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=; "
        f"./systemd/install --wheels wheels; rm -rf wheels; {EMULATED}"
    )
    subprocess.run(
        [HARNESS / "install.sh", source, "--name", IMAGE, "--dest", "/opt/source",
         "--size", "3500M", "--cmd", install],
        check=True,
    )  # fmt: skip


class Told:
    """What a script asks of a machine beside running commands, on top of either kind of VM."""

    def must(self, command: str) -> str:
        """The output of a command that has to succeed in the guest."""
        done = self.run(command)
        if done["rc"]:
            raise Fail(f"{command}: {done['out']}")
        return str(done["out"])

    def wait_for_console(self, pattern: str, timeout_s: float) -> re.Match[str]:
        """The first match in what this boot has said."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            found = re.search(pattern, self.console_bytes().decode(errors="replace"))
            if found:
                return found
            self._alive()
            time.sleep(0.2)
        raise Fail(f"{pattern!r} not on the console within {timeout_s:.0f} s: {self.tail()}")

    def said_saved(self) -> set[int]:
        """Sequence numbers that this boot called saved; a line that the cut tore does not count."""
        text = self.console_bytes().decode(errors="replace")
        return {int(seq) for seq in re.findall(r"saved (\d+): .*\n", text)}


class Machine(Told, VM):
    """A station in the emulator. disk : what a power cut does to writes that were not flushed.

    mask : a unit that shall not start.
    """

    def __init__(
        self, run: str, *, disk: str, board: str = BOARD, fresh: bool = True, mask: str = "none"
    ) -> None:
        super().__init__(
            IMAGE, run=run, disk=disk, fresh=fresh, boot_timeout=1200, cmd_timeout=300,
            append=f"{JOURNAL} systemd.mask={mask}",
            qemu_args=("-uuid", board,
                       "-object", f"filter-dump,id=wire,netdev=n0,file={OUT}/run/{run}/wire.pcap"),
        )  # fmt: skip


class UserModeMachine(Told, UserMode):
    """A station whose kernel is a program of this machine; see `user_mode.py`."""

    def __init__(self, run: str, *, disk: str, mask: str = "none") -> None:
        super().__init__(
            IMAGE, run=run, disk=disk, boot_timeout=1200, cmd_timeout=300,
            append=f"{JOURNAL} systemd.mask={mask}",
        )  # fmt: skip


@contextmanager
def collector(folder: Path, address: str = "127.0.0.1") -> Iterator[tuple[int, Path]]:
    """A broker and a collector on this side: port and store. Both go on through power cuts.

    address : of this side, where the machine's way to `GUEST_SEES_HOST` ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port, store = free_port(18_998), folder / "collector.db"
    for old in folder.glob("collector.db*"):
        old.unlink()
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} {address}\nallow_anonymous true\n")
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    collecting = [sys.executable, "-m", "posture_tools.collector", "run", "--site", "north"]
    with (folder / "broker.log").open("wb") as log:
        running = [
            subprocess.Popen([str(program), "-c", settings], stdout=log, stderr=log),
            subprocess.Popen(
                [*collecting, "--broker", f"{address}:{port}", "--store", store],
                stdout=log, stderr=log,
            ),
        ]  # fmt: skip
    try:
        yield port, store
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def stored(store: Path) -> set[tuple[str, int]]:
    """(epoch, seq) of what the collector has stored; Fail when one number came with two bodies."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database, database:
        if database.execute("SELECT count(*) FROM ingest_conflict").fetchone()[0]:
            raise Fail("the collector saw one number with two bodies")
        rows = database.execute("SELECT epoch, seq FROM ingest_key WHERE fate = 'stored'")
        return {(str(epoch), int(seq)) for epoch, seq in rows}


if __name__ == "__main__":
    build_image()
