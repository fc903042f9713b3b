"""The Python broker as a program: what a demonstration's terminal must not be filled with."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from importlib.util import find_spec

from conftest import missing
from simulators.waiting import eventually

from edge.mqtt.probe import probe_broker
from edge.mqtt.settings import MqttSettings


def test_whatever_it_hears_it_serves_on_and_says_nothing() -> None:
    if find_spec("amqtt") is None:
        missing("the package amqtt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "posture_tools.collector.embedded_broker", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as broker:
        try:

            def hears(noise: bytes) -> bool:
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", port)) as caller,
                ):
                    caller.sendall(noise)
                    return True
                return False

            for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x10\x04\x00\x04XXXX", b"\x10\xff"):
                eventually(lambda noise=noise: hears(noise))
            assert "3.1.1" in probe_broker(MqttSettings(port=port))
        finally:
            broker.terminate()
        said = broker.communicate()
    assert said == (b"", b"")
