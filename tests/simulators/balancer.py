"""A real HAProxy, with the operator's own file but for ports, that can be killed and started."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from posture_tools import collector
from posture_tools.collector.broker import await_listening, free_port

FILE = Path(collector.__file__).parent / "deploy" / "haproxy" / "haproxy.cfg"


class Balancer:
    """One balancer before some brokers of this machine. most : connections; an ordinary user's
    processes may not open as many files as a server's."""

    def __init__(
        self, program: str, folder: Path, brokers: Sequence[int], most: int = 1_000
    ) -> None:
        self.port = free_port()
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        text = FILE.read_text()
        text = re.sub(r"\n *server broker-.*", "", text)
        text = re.sub(r"\n *(stats socket|ulimit-n) .*", "", text)
        text = re.sub(r"maxconn \d+", f"maxconn {most}", text)
        text = text.replace("bind :8883", f"bind 127.0.0.1:{self.port}")
        text = text.replace("bind 127.0.0.1:8405", f"bind 127.0.0.1:{free_port()}")
        servers = "".join(
            f"    server broker-{n} 127.0.0.1:{port}\n" for n, port in enumerate(brokers, 1)
        )
        text = text.replace("\nfrontend metrics", f"{servers}\nfrontend metrics")
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "haproxy.cfg"
        self._file.write_text(text)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-db", "-f", str(self._file)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        await_listening(self.port, self._process)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Balancer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
