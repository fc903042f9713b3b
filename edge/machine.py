"""What the kernel says of the machine: how warm it is, and whether it is held back.

A Raspberry Pi's firmware tells in bits (the ones that `vcgencmd get_throttled` prints); every
other board by the cooling devices that slow its processors down. A fan is no slowing down.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
PROC = Path("/proc")
_PI_BITS = {0: "undervoltage", 1: "slowed", 2: "throttled", 3: "hot"}
_SLOWING = ("cpufreq", "thermal-cpufreq", "Processor", "devfreq")


@dataclass(frozen=True, slots=True)
class Machine:
    """temperature_c : of the warmest zone, None where no zone tells.
    held_back : undervoltage, slowed, throttled, hot; empty when it runs as fast as it can."""

    temperature_c: float | None
    held_back: tuple[str, ...]


def read_machine(sys: Path = SYS) -> Machine:
    """The machine's state now, read from files of the kernel alone."""
    zones = [_number(zone, 10) for zone in sys.glob("class/thermal/thermal_zone*/temp")]
    known = [milli / 1000 for milli in zones if milli is not None]
    return Machine(max(known, default=None), _firmware(sys) or _cooling(sys))


def board(sys: Path = SYS) -> str:
    """What machine this is, for people; empty where it does not say."""
    for path in ("firmware/devicetree/base/model", "class/dmi/id/product_name"):
        try:
            return (sys / path).read_text(encoding="utf-8").strip("\0\n ")
        except OSError:
            continue
    return ""


def free_memory_bytes(sys: Path = SYS, proc: Path = PROC) -> int:
    """Memory that this process may still take: of the machine, its service and `ulimit -v`."""
    left = [_kilobytes(proc / "meminfo", "MemAvailable:")]
    group = _text(proc / "self/cgroup").strip().rpartition("::")[2].strip("/")
    folder = sys / "fs/cgroup" / group
    if (most := _number(folder / "memory.max", 10)) is not None:
        left.append(most - (_number(folder / "memory.current", 10) or 0))
    limit, _hard = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        left.append(limit - (_kilobytes(proc / "self/status", "VmSize:") or 0))
    return max(0, min((bytes_ for bytes_ in left if bytes_ is not None), default=0))


def _kilobytes(path: Path, key: str) -> int | None:
    for line in _text(path).splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _firmware(sys: Path) -> tuple[str, ...]:
    for path in sys.glob("devices/platform/*/*:firmware/get_throttled"):
        bits = _number(path, 16) or 0
        return tuple(name for bit, name in _PI_BITS.items() if bits >> bit & 1)
    return ()


def _cooling(sys: Path) -> tuple[str, ...]:
    for device in sys.glob("class/thermal/cooling_device*"):
        try:
            slows = (device / "type").read_text(encoding="ascii").startswith(_SLOWING)
        except OSError:
            continue
        if slows and _number(device / "cur_state", 10):
            return ("slowed",)
    return ()


def _number(path: Path, base: int) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"), base)
    except (OSError, ValueError):
        return None
