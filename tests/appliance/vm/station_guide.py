"""Type the blocks of docs/station.md, and only those: `station_guide.py [--user-mode]`, as root.

What is headed "At the collector" is typed here, in a terminal that goes on; what has a numbered
terminal at the collector, in one of its own; what has no heading, as root in a bare Debian machine
without internet. The stick is a second disk, made when the first block for the station comes. In
the end somebody logs in and reads the screening on the page.

Nothing of it is prepared but that limits of time are wider. --user-mode boots it with a kernel that
is a program of this machine. Without, its processor is emulated and some hundred times slower, and
the installer's kernels are not looked at again. --card types the station's blocks up to the
installer's into the card's root before the machine is switched on, as for a card that is written
at a desk: the longest part at this machine's full speed.
Exit status 1 where a block fails.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import BOARD, EMULATED, GUEST_SEES_HOST, HARNESS, JOURNAL, OUT, ROOT, SLOW
from user_mode import UserMode
from vm import VM, Fail, Timeout, free_port

sys.path.insert(0, str(ROOT / "tests"))
from fresh.guide import Block, Terminal, blocks, typed
from fresh.reader import read_screening, text_of

GUIDE = ROOT / "docs" / "station.md"
BLOCK_WITHIN_S = 3 * 3600.0
INSTALLER = "systemd/install"
# Kernels that were compiled here serve there, and the other way round.
ANY_PROCESSOR = "NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES="
MOUNTING = "mount -o ro LABEL=POSTURE /mnt"


def written_card(stick: Path, text: str, said: list[str], *, emulated: bool) -> str:
    """Type blocks into a card's root, where the stick's files lie at /mnt; the image's name."""
    name = "station-guide"
    command = [HARNESS / "install.sh", stick, "--name", name, "--dest", "/mnt", "--size", "3500M"]
    before = "export PIP_CONFIG_FILE=/dev/null" + (f" {ANY_PROCESSOR}" if emulated else "")
    after = EMULATED if emulated else SLOW
    subprocess.run([*command, "--cmd", f"{before}\n{text}\n{after}"], check=True)
    for line in (OUT / "images" / name / "install.log").read_text().splitlines(keepends=True):
        said.append(line)
        print(f"[card] {line}", end="", flush=True)
    return name


def stick_image(stick: Path) -> Path:
    """A disk called POSTURE with what lies in a folder."""
    image = OUT / "run" / "stick.raw"
    image.parent.mkdir(parents=True, exist_ok=True)
    image.unlink(missing_ok=True)
    subprocess.run(["truncate", "-s", "600M", image], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "POSTURE", "-d", stick, image], check=True)
    return image


class Typist:
    """Types blocks into a machine, on top of either kind of VM. before : what each begins with."""

    before = ""

    def wait_until_it_listens(self) -> None:
        """The engine's first frame belongs to the boot, and may take half an hour here."""
        until_s = time.monotonic() + self.boot_timeout
        while time.monotonic() < until_s:
            self._alive()
            with contextlib.suppress(Timeout, OSError, ValueError):
                if self.run("true", timeout=20)["rc"] == 0:
                    said_s = time.time() - self.t_on
                    print(f"[station] up {said_s:.0f} s after power-on", flush=True)
                    return
            time.sleep(2.0)
        raise Fail(f"it does not come up: {self.tail()}")

    def type(self, text: str, said: list[str]) -> bool:
        """Run a block as root; it is killed when it takes longer than anybody waits."""
        self.put_text("/root/block", f"set -euo pipefail\n{self.before}\n{text}")
        # The agent's own channel breaks under an hour of silence: the block runs beside it.
        self.run("(setsid bash /root/block >/root/said 2>&1; echo $? >/root/rc) >/dev/null 2>&1 &")
        until_s, shown = time.monotonic() + BLOCK_WITHIN_S, 0
        while time.monotonic() < until_s:
            time.sleep(5.0)
            try:
                done = self.run("cat /root/rc 2>/dev/null")["out"].strip()
                lines = self.run("cat /root/said")["out"].splitlines(keepends=True)
            except (Timeout, OSError):  # a busy machine's agent answers later
                self._alive()
                continue
            for line in lines[shown : len(lines) if done else -1]:
                said.append(line)
                print(f"[station] {line}", end="", flush=True)
            shown = len(lines) if done else max(shown, len(lines) - 1)
            if done:
                self.run("rm -f /root/rc")
                return done == "0"
        return False

    def put_text(self, path: str, text: str) -> None:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            self.put(file.name, path)


class Station(Typist, VM):
    """A Debian machine in the emulator, with the stick in it. card : the image of its card."""

    before = f"export {ANY_PROCESSOR}"

    def __init__(self, stick: Path, card: str = "base") -> None:
        disk = f"file={stick_image(stick)},format=raw,if=virtio,readonly=on"
        super().__init__(
            card, run="station-guide", disk="none", boot_timeout=1800, cmd_timeout=600, mem=2048,
            append=f"{JOURNAL} systemd.mask=posture-kernels.service",
            qemu_args=("-uuid", BOARD, "-drive", disk),
        )  # fmt: skip


class UserModeStation(Typist, UserMode):
    """The same with a user-mode kernel: nothing of it is prepared."""

    def __init__(self, stick: Path, card: str = "base") -> None:
        super().__init__(
            card, run="station-guide", disk="none", stick=stick_image(stick), mem=2048,
            append=JOURNAL,
        )  # fmt: skip


class Followed:
    """The guide's machines and terminals, and what was said in them."""

    def __init__(
        self, home: Path, instead: list[tuple[str, str]], *, card: bool, user_mode: bool
    ) -> None:
        """card : the station's blocks up to the installer's are typed into a card's root."""
        self.said: list[str] = []
        self._stick, self._instead = home / "posture-site" / "stick", instead
        self._for_the_card: list[str] | None = [] if card else None
        self._collector = Terminal("collector", self.said)
        self._others: list[Terminal] = []
        self._user_mode = user_mode
        self._station: Station | UserModeStation | None = None

    def type(self, block: Block) -> bool:
        print(f"--- {block.title or 'at the station, as root'}", flush=True)
        text = typed(block, self._instead)
        if block.title.startswith("At the collector"):
            return self._collector.run(text)
        if block.title:
            self._others.append(Terminal(block.title.partition(" at the")[0], self.said))
            return self._others[-1].start(text)
        if self._for_the_card is not None:
            return self._keep_for_the_card(text)
        if self._station is None:
            self._switch_on("base")
        return self._station.type(text, self.said)

    def _keep_for_the_card(self, text: str) -> bool:
        assert self._for_the_card is not None
        self._for_the_card.append(text.replace(MOUNTING, ": the files of the stick lie in /mnt"))
        if INSTALLER in text:
            blocks_of_it = "\n".join(self._for_the_card)
            name = written_card(self._stick, blocks_of_it, self.said, emulated=not self._user_mode)
            self._for_the_card = None
            self._switch_on(name)
        return True

    def _switch_on(self, card: str) -> None:
        kind = UserModeStation if self._user_mode else Station
        self._station = kind(self._stick, card)
        self._station.power_on()
        self._station.wait_until_it_listens()
        if card == "base":
            self._station.run(SLOW if self._user_mode else EMULATED)

    def stop(self) -> None:
        for terminal in (self._collector, *reversed(self._others)):
            terminal.stop()
        if self._station is not None:
            self._station.stop_now()


def follow(*, card: bool, user_mode: bool) -> bool:
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
    followed = Followed(home, instead, card=card, user_mode=user_mode)
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
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--card", action="store_true")
    parser.add_argument("--user-mode", action="store_true")
    asked = parser.parse_args()
    return 0 if follow(card=asked.card, user_mode=asked.user_mode) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Fail, LookupError, subprocess.CalledProcessError) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
