"""What the service manager hears, read from the socket it would read from."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edge import systemd


@pytest.mark.parametrize("abstract", [False, True])
def test_notifications_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    address = f"@posture-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if abstract else address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        assert systemd.ready("measuring")
        assert manager.recv(100) == b"READY=1\nSTATUS=measuring"
        assert systemd.alive("12 frames")
        assert manager.recv(100) == b"WATCHDOG=1\nSTATUS=12 frames"
        assert systemd.starting("compiling", extend_s=30)
        assert manager.recv(100) == b"EXTEND_TIMEOUT_USEC=30000000\nSTATUS=compiling"


def test_without_a_service_manager_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.ready("measuring")
