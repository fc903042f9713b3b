"""What the client takes from paho-mqtt's private parts; the bound in pyproject.toml keeps them."""

from __future__ import annotations

import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import paho.mqtt.client as paho

from edge.mqtt import client

ROOT = Path(__file__).resolve().parents[2]


def test_the_bound_names_the_minor_version_that_was_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [bound] = [name for name in project["dependencies"] if name.startswith("paho-mqtt")]
    major, minor = (int(part) for part in version("paho-mqtt").split(".")[:2])
    assert bound == f"paho-mqtt>={major}.{minor},<{major}.{minor + 1}"


def test_paho_makes_its_wake_up_pair_by_the_function_that_is_replaced() -> None:
    """Its own listens on a TCP port, which the station's unit may not."""
    source = inspect.getsource(paho.Client)
    assert source.count("self._sockpairR, self._sockpairW = _socketpair_compat()") == 2
    assert paho._socketpair_compat is client._wake_up_pair


def test_paho_connects_by_the_method_that_is_overridden() -> None:
    """Its own binds a source address."""
    assert "self._create_socket_connection()" in inspect.getsource(paho.Client._create_socket)
    made = client.Client(paho.CallbackAPIVersion.VERSION2)
    assert {"_host", "_port", "_connect_timeout"} <= set(vars(made))


def test_paho_reads_and_queues_by_the_methods_that_are_overridden() -> None:
    loop, read, queue = (
        inspect.getsource(each)
        for each in (paho.Client._loop, paho.Client._packet_read, paho.Client._packet_queue)
    )
    assert "rc = self.loop_read()" in loop
    assert "if self._sockpairR is None:" in loop
    assert inspect.getsource(paho.Client.loop).endswith("return self._loop(timeout)\n")
    assert "return self.reconnect()" in inspect.getsource(paho.Client.connect)
    assert "if self._sockpairW is not None:" in queue
    assert read.count("self._sock_recv(") == 3
    assert "rc = self._packet_handle()" in read
    assert "except MalformedPacket" in read
    assert "return self.loop_write()" in queue
    handle = inspect.getsource(paho.Client._packet_handle)
    assert "return self._handle_publish()" in handle
    assert 'return self._handle_pubackcomp("PUBACK")' in handle
    made = client.Client(paho.CallbackAPIVersion.VERSION2, manual_ack=True)
    assert {"_in_packet", "_out_message_mutex", "_out_messages", "_manual_ack", "_protocol",
            "_sock"} <= set(vars(made))  # fmt: skip
