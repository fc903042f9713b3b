"""The station's own process, with a camera that hangs for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from simulators.children import python_path
from simulators.networks import colour_card, colour_network, described_file

from edge.engine.engine_file import read_engine_file
from edge.results.outbox import Outbox

_STATION = """
import sys, threading
from simulators import picamera2_device
sys.modules["picamera2"] = picamera2_device.module(hang_after=3)
threading.Thread(target=threading.Event().wait).start()  # as picamera2's own: it ends never
from edge.__main__ import main
sys.exit(main())
"""


def test_the_process_ends_although_a_thread_stays_in_the_driver(tmp_path: Path) -> None:
    model = described_file(tmp_path / "colour.onnx", colour_network(), colour_card())
    settings = tmp_path / "station.toml"
    settings.write_text(
        f'state_dir = "{tmp_path}"\n[models]\nsingle = "{model}"\n'
        '[camera]\nsource = "picamera2:"\nstall_s = 0.2\nwidth_px = 96\nheight_px = 128\n'
    )
    ended = subprocess.run(
        [sys.executable, "-c", _STATION, "--settings", str(settings), "run", "--only", "engine"],
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == os.EX_TEMPFAIL, ended.stderr
    with Outbox.open(
        tmp_path / "outbox.db", site="desk", station="station-1", limit_bytes=10**7,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        [event] = [json.loads(pending.body) for pending in outbox.pending(10)]
    assert (event["kind"], event["data"]["fault"]) == ("camera", "hung")
    state = read_engine_file(tmp_path)
    assert state is not None
    assert state.ended.startswith("CameraHung")
