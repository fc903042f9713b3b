"""What the uplink says of itself, for `doctor`: it need not connect to a broker to know.

Some brokers take the user's name for the client's id: a second connection under this station's name
would throw the first off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_for_this_boot
from edge.uplink.uplink import Status
from edge.wire.clock import boot_id

UPLINK_FILE = "uplink.json"
_EVERY_S = 5.0


class UplinkState(msgspec.Struct, frozen=True):
    """broker : its address. version : of MQTT. written_ns : CLOCK_BOOTTIME."""

    boot_id: str
    written_ns: int
    broker: str
    connected: bool
    version: str
    problem: str = ""
    receipt_age_s: float | None = None

    @property
    def words(self) -> str:
        """For people."""
        age_s = self.receipt_age_s
        heard = "no receipt yet" if age_s is None else f"last receipt {age_s:.0f} s ago"
        said = f"the uplink is connected to {self.broker} with MQTT {self.version}, {heard}"
        return f"{said}; {self.problem}" if self.problem else said

    @property
    def is_connected(self) -> bool:
        """Whether the uplink is connected now, as far as the file tells."""
        age_s = (_now_ns() - self.written_ns) / 1e9
        return self.connected and self.boot_id == boot_id() and age_s < 4 * _EVERY_S


def read_uplink_file(state_path: Path) -> UplinkState | None:
    """The uplink's last word; None where there is none."""
    try:
        return msgspec.json.decode((state_path / UPLINK_FILE).read_bytes(), type=UplinkState)
    except (OSError, *NOT_JSON):
        return None


class UplinkFile:
    """Follows one uplink in a thread of its own for as long as the context lasts."""

    def __init__(self, state_path: Path, ask: Callable[[], Status]) -> None:
        self._path = state_path / UPLINK_FILE
        self._ask = ask
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="uplink file", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while True:
            ended = self._stop.is_set()
            told = self._ask()
            state = UplinkState(
                boot_id(), _now_ns(), told.broker, told.phase == "connected" and not ended,
                told.version, told.problem, told.receipt_age_s,
            )  # fmt: skip
            write_for_this_boot(self._path, state)
            if ended:
                return
            self._stop.wait(_EVERY_S)


def _now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
