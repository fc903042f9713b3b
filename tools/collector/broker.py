"""A broker for a desk: mosquitto where it is installed, else amqtt.

Loopback only, on a free port, without root, in a folder that is removed afterwards. Not for a
clinic: it knows no passwords.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.errors import PartMissing

HOST = "127.0.0.1"
_START_S = 15.0


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker's address. version : the newest MQTT that it speaks."""

    host: str
    port: int
    version: Literal["5", "3.1.1"]
    name: str


def find_mosquitto() -> str | None:
    """Path of the mosquitto program; Debian keeps it where users' PATH does not look."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def broker() -> Iterator[Broker]:
    """Run a broker for as long as the context lasts.

    Raises
    ------
    PartMissing : neither mosquitto nor the Python package amqtt is there, or it does not start.
    """
    program = find_mosquitto()
    if program:
        with _mosquitto(program) as running:
            yield running
    else:
        with _amqtt() as running:
            yield running


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when it accepts connections there; PartMissing if it ends or takes too long."""
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise PartMissing(f"The broker did not start on port {port}.", "Try again, or see its log.")


@contextmanager
def _mosquitto(program: str) -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="posture-broker-") as folder:
        port = free_port()
        settings = Path(folder) / "mosquitto.conf"
        settings.write_text(
            f"listener {port} {HOST}\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest none\n",
            encoding="utf-8",
        )
        # Started as root, mosquitto changes to its own user, which this folder must then admit.
        Path(folder).chmod(0o755)
        with _running(port, program, "-c", str(settings)):
            yield Broker(HOST, port, "5", "mosquitto")


@contextmanager
def _amqtt() -> Iterator[Broker]:
    if importlib.util.find_spec("amqtt") is None:
        raise PartMissing(
            "There is neither the program mosquitto nor the package amqtt.",
            "Install one: `apt install mosquitto` or `pip install 'posture-station[desk]'`.",
        )
    port = free_port()
    module = "posture_tools.collector.embedded_broker"
    with _running(port, sys.executable, "-m", module, str(port)):
        yield Broker(HOST, port, "3.1.1", "amqtt")


@contextmanager
def _running(port: int, *command: str) -> Iterator[None]:
    """A silent child that listens on the port."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_listening(port, process)
        yield
    finally:
        process.terminate()
        process.wait()
