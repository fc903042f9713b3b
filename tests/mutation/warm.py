"""A process that has read everybody else's packages, and forks for each run of pytest.

Reading numpy, numba, OpenCV, Django and the like takes longer than most tests. The product itself
and its tests are never read here: each child reads them anew, from the copy.
Asked by a line of JSON on its input, it answers by one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import traceback
from typing import Any

import pytest

_PACKAGES = (
    "numpy", "cv2", "numba", "msgspec", "hypothesis", "scipy.optimize", "scipy.stats",
    "cryptography.x509", "cryptography.hazmat.primitives.serialization.pkcs12", "tuf.ngclient",
    "tuf.api.metadata", "securesystemslib.signer", "requests", "paho.mqtt.client", "psycopg",
    "psycopg_pool", "sqlite3", "rich.progress", "rich.table", "PIL.Image", "onnx", "onnxruntime",
    "django.contrib.auth", "django.core.handlers.wsgi", "pyarrow.parquet", "http.server",
    "multiprocessing.forkserver", "xml.etree.ElementTree", "schemathesis", "anyio",
)  # fmt: skip
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


class _FirstFailure:
    """A plugin that keeps the name of the first test, or file of tests, that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid


def _run(asked: dict[str, Any], answer: int) -> None:
    """The child: pytest in a session of its own, its output in a file."""
    os.setsid()
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(asked["environment"])
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    first, plugins = _FirstFailure(), []
    options = [*_OPTIONS, f"--timeout={asked['limit_s']}", f"--basetemp={asked['scratch']}"]
    if record := os.environ.get("MUTATION_RECORD"):
        recorder = importlib.import_module("mutation.recorder").Recorder(record)
        recorder.begin("")
        plugins = [recorder]
        options.remove("-x")
    status = pytest.main([*options, *asked["tests"]], plugins=[first, *plugins])
    os.write(answer, json.dumps({"status": int(status), "failing": first.name}).encode())
    sys.stdout.flush()
    os._exit(0)


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _run(asked, theirs)
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(theirs)
    death = os.pidfd_open(child)
    ended = select.select([ours, death], [], [], asked["limit_s"])[0]
    said = os.read(ours, 65536) if ours in ended else b""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # with the programs that tests started and left
    os.waitpid(child, 0)
    os.close(ours)
    os.close(death)
    if said:
        answer: dict[str, Any] = json.loads(said)
        return answer
    return {"status": 1, "failing": "it died" if ended else "timeout"}


def main() -> None:
    for name in _PACKAGES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_asked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
