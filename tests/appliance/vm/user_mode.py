"""A machine whose kernel is a program of this one: no emulated processor, so near its full speed.

Debian's user-mode-linux boots the same images as the emulator of `../shared/vm`, under the same
systemd, where no KVM is at hand; there a frame costs an emulated processor a minute. Its disk
loses what was not flushed, as `user_mode.c` says. Torn writes, other boards and what the wire says
stay with the emulator. Of two that run at once, the second gets a network of its own: VM_NETWORK=3.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from card import put_on_card
from vm import VM, Fail, Timeout

PRELOAD = Path(__file__).with_name("user_mode.c")
_NUMBER = os.environ.get("VM_NETWORK", "2")  # 2 is qemu's user network
LINK = f"posture-vm{_NUMBER}"
HOST, GUEST = f"10.0.{_NUMBER}.2", f"10.0.{_NUMBER}.15"

_NETWORK = f"""[Match]
Name=vec0
[Network]
Address={GUEST}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
# Runs what this side lays into a folder that both see. It waits without a program: a fork is dear.
_AGENT = """#!/bin/bash
folder=$(sed -n 's/.* harness=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
mkdir -p /run/harness
mount -t hostfs none /run/harness -o "$folder"
cd /run/harness
exec {never}<> <(:)
while :; do
  for asked in ask.*; do
    [ -e "$asked" ] || continue
    number=${asked#ask.}
    mv "$asked" "doing.$number"
    (bash "doing.$number" </dev/null >"out.$number" 2>&1; echo $? >"end.$number"
     mv "end.$number" "rc.$number") &
  done
  read -rt 0.5 -u $never || :
done
"""
_AGENT_UNIT = """[Unit]
DefaultDependencies=no
After=local-fs.target
[Service]
ExecStart=/bin/bash /root/harness-agent
"""
_ON_THE_CARD = {
    "/etc/fstab": "/dev/ubda / ext4 defaults,errors=remount-ro 0 1\n",
    "/etc/systemd/network/70-user-mode.network": _NETWORK,
    "/etc/systemd/system/harness-agent.service": _AGENT_UNIT,
    "/root/harness-agent": _AGENT,
}


_SCHED_SETATTR = 314  # of x86-64
_SLICE_NS = 100_000


def _short_slices() -> None:
    """Be scheduled soon rather than for long, at the same share of a processor: each system call
    of the machine waits for two changes of process. Kernels before 6.12 ignore it."""
    attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, os.nice(0), 0, _SLICE_NS, 0, 0)
    ctypes.CDLL(None).syscall(_SCHED_SETATTR, 0, ctypes.create_string_buffer(attributes), 0)


def link_to_the_machine() -> None:
    """The network between the two sides; it stays until this machine is switched off.

    The user-mode kernel drops packets that this side has joined: none is, or a download stalls.
    """
    made = [f"tuntap add dev {LINK} mode tap", f"address add {HOST}/24 dev {LINK}"]
    if Path("/sys/class/net", LINK).exists():
        made = []
    for words in (
        *made,
        f"link set {LINK} gso_max_segs 1 gso_max_size 1500",
        f"link set {LINK} up",
    ):
        subprocess.run(["ip", *words.split()], check=True)


class UserMode(VM):
    """As the emulator's `VM`, for what the scripts of this folder ask of it.

    disk : "none" writes at once; "volatile" when the machine flushes. stick : a second disk.
    """

    def __init__(
        self, image: str, *, run: str, disk: str, stick: Path | None = None, fresh: bool = True,
        boot_timeout: float = 900, cmd_timeout: float = 120, mem: int = 1536, append: str = "",
    ) -> None:  # fmt: skip
        if disk not in ("none", "volatile"):
            raise Fail(f"a user-mode machine has no disk of kind {disk}")
        if shutil.which("linux.uml") is None:
            raise Fail("this needs a user-mode kernel: apt-get install user-mode-linux")
        super().__init__(
            image, run=run, disk=disk, fresh=fresh, accel="user mode", cpu="this machine's",
            boot_timeout=boot_timeout, cmd_timeout=cmd_timeout, mem=mem, append=append,
        )  # fmt: skip
        self._stick, self._numbers = stick, itertools.count(1)
        self._preload = Path(self.run_dir) / "user_mode.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-o", self._preload, PRELOAD, "-ldl"], check=True
        )
        if fresh:
            for name, text in _ON_THE_CARD.items():
                put_on_card(Path(self.disk), name, text.encode())

    def _power_on(self) -> None:
        link_to_the_machine()
        self.console = self._p(f"console.{self.boots}.log")
        self.sockdir = tempfile.mkdtemp(prefix="posture-vm-")  # the folder that both see
        words = [
            "linux.uml", f"mem={self.mem}M", f"ubd0={self.disk}", "root=/dev/ubda", "ro",
            f"vec0:transport=tap,ifname={LINK},depth=64", "con=null", "con0=null,fd:1", "ssl=null",
            "net.ifnames=0", "quiet", "loglevel=4", "systemd.wants=harness-agent.service",
            "fsck.repair=yes", "systemd.watchdog_sec=off", f"harness={self.sockdir}",
            "systemd.mask=getty@tty1.service", "systemd.mask=serial-getty@ttyS0.service",
            *self.append.split(),
        ]  # fmt: skip
        if self._stick is not None:
            words.insert(3, f"ubd1r={self._stick}")
        # Its memory is a file: in memory too.
        env = os.environ | {"LD_PRELOAD": str(self._preload), "TMPDIR": "/dev/shm"}  # noqa: S108
        if self.disk_mode == "volatile":
            env["VOLATILE_DISK"] = str(self.disk)
        self.t_on = time.time()
        with Path(self.console).open("wb") as console:
            self.proc = subprocess.Popen(
                words, env=env, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True, preexec_fn=_short_slices,  # noqa: PLW1509
            )  # fmt: skip
        self.booted = False

    def run(self, cmd: str, timeout: float | None = None, stdin: bytes | None = None) -> dict:
        if stdin is not None:
            raise Fail("a user-mode machine's commands get no input")
        timeout = timeout or self.cmd_timeout
        number, began_s = next(self._numbers), time.time()
        folder = Path(self.sockdir)
        script = (
            "export HOME=/root LANG=C.UTF-8 TERM=dumb SYSTEMD_PAGER= SYSTEMD_COLORS=0\n"
            "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
            f"cd /root\n{cmd}\n"
        )
        (folder / "asking").write_text(script)
        (folder / "asking").rename(folder / f"ask.{number}")
        ended = folder / f"rc.{number}"
        while not ended.exists():
            if time.time() - began_s > timeout:
                (folder / f"ask.{number}").unlink(missing_ok=True)  # or it is run later
                raise Timeout(f"guest command: {cmd}")
            self._alive()
            time.sleep(0.1)
        out = (folder / f"out.{number}").read_text(errors="replace")
        return {"rc": int(ended.read_text()), "out": out, "s": round(time.time() - began_s, 2)}

    def put(self, src: str, dst: str) -> None:
        shutil.copyfile(src, Path(self.sockdir) / "put")
        done = self.run(f"cp /run/harness/put '{dst}'")
        if done["rc"]:
            raise Fail(done["out"])

    def kill(self, by_hand: bool = False) -> dict:
        """The power cut: of the kernel and, as its children, of every process in it."""
        assert not by_hand
        up_s = time.time() - self.t_on
        self._end()
        return {"up_s": round(up_s, 1), "disk": self._off()}

    def _end(self) -> None:
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()

    def stop_now(self) -> None:
        if self.proc is not None:
            if self.proc.poll() is None:
                self._end()
            self._off()

    def _alive(self) -> None:
        if self.proc is None or self.proc.poll() is not None:
            raise Fail(f"the machine is not running: {self.tail(600)}")
