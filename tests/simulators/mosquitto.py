"""A real mosquitto on the loopback that can be killed, started again, and robbed of its memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

from posture_tools.collector.broker import await_listening, free_port

from edge.mqtt.settings import MqttSettings

HOST = "127.0.0.1"


class Mosquitto:
    """One broker on one port; `lines` go into its configuration."""

    def __init__(self, program: str, folder: Path, *lines: str) -> None:
        self.port = free_port()
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(*lines)

    def configure(self, *lines: str) -> None:
        """Takes effect at the next start."""
        anonymous = (
            [] if any("allow_anonymous" in line for line in lines) else ["allow_anonymous true"]
        )
        self._file.write_text(
            "\n".join(
                [
                    f"listener {self.port} {HOST}", "user root", "persistence true",
                    f"persistence_location {self._folder}/", "autosave_interval 1",
                    "log_dest none", "set_tcp_nodelay true", *anonymous, *lines, "",
                ]
            )
        )  # fmt: skip

    @property
    def _file(self) -> Path:
        return self._folder / "mosquitto.conf"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def settings(self) -> MqttSettings:
        return MqttSettings(host=HOST, port=self.port, resend_s=0.4, keepalive_s=5)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await_listening(self.port, self._process)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose_state(self) -> None:
        """Forget sessions, retained and queued messages. Only while it is not running."""
        (self._folder / "mosquitto.db").unlink(missing_ok=True)

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
