"""In the machine, in a unit's own sandbox: `probe.py engine|uplink` tries what must not be.

Each attempt that succeeds is a leak and is printed; the last line counts attempts and leaks.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def connect(family: int, address: object) -> Callable[[], object]:
    def attempt() -> object:
        with socket.socket(family, socket.SOCK_STREAM) as channel:
            channel.settimeout(5)
            return channel.connect(address)

    return attempt


def listen() -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.bind(("0.0.0.0", 5555))  # noqa: S104 - that is what must fail
        return channel.listen()


def opened(family: int, kind: int) -> Callable[[], object]:
    return lambda: socket.socket(family, kind).close()


def write(folder: str) -> Callable[[], object]:
    return lambda: Path(folder, "frame.raw").write_bytes(b"picture")


def read(path: str) -> Callable[[], object]:
    return lambda: os.read(os.open(path, os.O_RDONLY), 1)


def dump_core() -> object:
    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0):
        raise OSError("no core")
    return None


def unshare() -> object:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    return None


def interfaces() -> object:
    lines = Path("/proc/net/dev").read_text().splitlines()
    names = {line.split(":")[0].strip() for line in lines if ":" in line}
    if names <= {"lo"}:
        raise OSError("loopback alone")
    return None


EVERYWHERE = ("/etc", "/opt", "/home", "/root", "/boot", "/var/log", "/var/lib", "/run",
              "/var/lib/posture/settings", "/var/lib/posture/kernels")  # fmt: skip
COMMON = {
    **{f"write in {folder}": write(folder) for folder in EVERYWHERE},
    "dump core": dump_core,
    "another namespace": unshare,
    "read the disk": read("/dev/vda"),
    "read the memory of process 1": read("/proc/1/mem"),
    "read the token's file": read("/var/lib/posture/settings/mqtt-password"),
    "raw packets": opened(socket.AF_PACKET, socket.SOCK_RAW),
}
ATTEMPTS = {
    "engine": {
        **COMMON,
        "IPv4": connect(socket.AF_INET, ("10.0.2.2", 22)),
        "IPv4 to itself": connect(socket.AF_INET, ("127.0.0.1", 22)),
        "IPv6": connect(socket.AF_INET6, ("::1", 22)),
        "UDP": opened(socket.AF_INET, socket.SOCK_DGRAM),
        "netlink": opened(socket.AF_NETLINK, socket.SOCK_RAW),
        "vsock": opened(socket.AF_VSOCK, socket.SOCK_STREAM),
        "bluetooth": opened(socket.AF_BLUETOOTH, socket.SOCK_RAW),
        "an interface": interfaces,
        "write in /var/tmp": write("/var/tmp"),  # noqa: S108
        "read the token as the uplink": read(
            "/run/credentials/posture-uplink.service/mqtt-password"
        ),
    },
    "uplink": {
        **COMMON,
        "listen": listen,
        "open a camera": read("/dev/video7"),
        "netlink": opened(socket.AF_NETLINK, socket.SOCK_RAW),
    },
}

leaks = 0
attempts = ATTEMPTS[sys.argv[1]]
for name, attempt in attempts.items():
    try:
        attempt()
    except (OSError, PermissionError):
        continue
    leaks += 1
    print(f"LEAK {name}")
print(f"{sys.argv[1]}: uid {os.getuid()}, {len(attempts)} attempts, {leaks} leaks")
sys.exit(1 if leaks else 0)
