"""Type the blocks of docs/station.md, and only those: `station_guide.py`, as root.

What is headed "At the collector" is typed here, in a terminal that goes on; what has a numbered
terminal at the collector, in one of its own; what has no heading, as root in a bare Debian machine
without internet. Of that machine nothing is prepared but wider limits of time, for its emulated
processor is some hundred times slower. The stick is a second disk, made when the first block for
the station comes. In the end somebody logs in and reads the screening on the page.
Everything that was said is written to docs/tried/station.txt. Exit status 1 where a block fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import BOARD, GUEST_SEES_HOST, OUT, ROOT
from vm import VM, Fail, free_port

sys.path.insert(0, str(ROOT / "tests"))
from fresh.guide import Block, Terminal, blocks, typed
from fresh.reader import read_screening, text_of

GUIDE = ROOT / "docs" / "station.md"
KEPT = ROOT / "docs" / "tried" / "station.txt"
BLOCK_WITHIN_S = 2.5 * 3600.0
_EMULATED = """
mkdir -p /etc/systemd/system/posture-engine.service.d /etc/systemd/system/posture-kernels.service.d
printf '[Service]\\nTimeoutStartSec=60min\\nWatchdogSec=30min\\n' \
  >/etc/systemd/system/posture-engine.service.d/emulated.conf
printf '[Service]\\nTimeoutStartSec=60min\\n' \
  >/etc/systemd/system/posture-kernels.service.d/emulated.conf
systemctl stop mosquitto
"""


class Station(VM):
    """A bare Debian machine with the stick in it."""

    def __init__(self, stick: Path) -> None:
        image = OUT / "run" / "stick.raw"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.unlink(missing_ok=True)
        subprocess.run(["truncate", "-s", "600M", image], check=True)
        subprocess.run(
            ["mke2fs", "-q", "-t", "ext4", "-L", "POSTURE", "-d", stick, image], check=True
        )
        super().__init__(
            "base", run="station-guide", disk="none", boot_timeout=1800, cmd_timeout=600, mem=2048,
            qemu_args=("-uuid", BOARD, "-drive", f"file={image},format=raw,if=virtio,readonly=on"),
        )  # fmt: skip

    def type(self, text: str, said: list[str]) -> bool:
        """Run a block as root; it is killed when it takes longer than anybody waits."""
        script = f"set -euo pipefail\n{text}"
        self.put_text("/root/block", script)
        # The agent's own channel breaks under an hour of silence: the block runs beside it.
        self.run("(setsid bash /root/block >/root/said 2>&1; echo $? >/root/rc) >/dev/null 2>&1 &")
        until_s, shown = time.monotonic() + BLOCK_WITHIN_S, 0
        while time.monotonic() < until_s:
            done = self.run("cat /root/rc 2>/dev/null")["out"].strip()
            lines = self.run("cat /root/said")["out"].splitlines(keepends=True)
            for line in lines[shown : len(lines) if done else -1]:
                said.append(line)
                print(f"[station] {line}", end="", flush=True)
            shown = len(lines) if done else max(shown, len(lines) - 1)
            if done:
                self.run("rm -f /root/rc")
                return done == "0"
            time.sleep(5.0)
        return False

    def put_text(self, path: str, text: str) -> None:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            self.put(file.name, path)


class Followed:
    """The guide's machines and terminals, and what was said in them."""

    def __init__(self, home: Path, instead: list[tuple[str, str]]) -> None:
        self.said: list[str] = []
        self._home, self._instead = home, instead
        self._collector = Terminal("collector", self.said)
        self._others: list[Terminal] = []
        self._station: Station | None = None

    def type(self, block: Block) -> bool:
        print(f"--- {block.title or 'at the station, as root'}", flush=True)
        text = typed(block, self._instead)
        if block.title.startswith("At the collector"):
            return self._collector.run(text)
        if block.title:
            self._others.append(Terminal(block.title.partition(" at the")[0], self.said))
            return self._others[-1].start(text)
        if self._station is None:
            self._station = Station(self._home / "posture-site" / "stick")
            print(f"[station] boots: {self._station.boot()}", flush=True)
            self._station.run(_EMULATED)
        return self._station.type(text, self.said)

    def stop(self) -> None:
        for terminal in (self._collector, *reversed(self._others)):
            terminal.stop()
        if self._station is not None:
            self._station.stop_now()


def follow(said: Path) -> bool:
    home = Path(tempfile.mkdtemp(prefix="posture-station-"))
    home.chmod(0o755)  # mosquitto gives up its rights and must still reach the folder
    os.environ["HOME"] = str(home)
    port, pages = free_port(8883), free_port(8400)
    instead = [
        ("collector.example.org", GUEST_SEES_HOST),
        (":8883", f":{port}"),
        ("--port 8883", f"--port {port}"),
        ("8400", str(pages)),
    ]
    followed = Followed(home, instead)
    began_s = time.monotonic()
    try:
        for block in blocks(GUIDE.read_text(encoding="utf-8")):
            if not followed.type(block):
                print(f"this block failed:\n{block.text}")
                return False
        page = text_of(read_screening("".join(followed.said), f"http://127.0.0.1:{pages}"))
        print("".join(f"[page] {line}\n" for line in page.splitlines()), flush=True)
        print(f"followed in {(time.monotonic() - began_s) / 60:.0f} minutes", flush=True)
        return True
    finally:
        followed.stop()
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    return 0 if follow(KEPT) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Fail, LookupError, subprocess.CalledProcessError) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
