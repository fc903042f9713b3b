"""`posture-station demo`: broker, collector and station on this machine, without root or camera.

Everything lives in a temporary folder and ends with the demo.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec
from rich.console import Console

from edge.app import build_engine, open_outbox
from edge.camera.sources import shown_source
from edge.commands.run import Reporter, stop_on_signals, uplink_running, wait_until_delivered
from edge.engine.station_key import station_signer
from edge.errors import PartMissing
from edge.mqtt.settings import MqttSettings
from edge.records import Assessment
from edge.settings import CameraSettings, ScreeningSettings, Settings

SAMPLE = "mannequin:?shoulder_tilt=4&head_lean=3&seed=12"


@contextmanager
def _child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The collector's program as a child: it ends when its standard input closes."""
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "posture_tools.collector", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C reaches the whole terminal group; the station tells its children itself.
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(timeout=30)


def _first_line(child: subprocess.Popen[str], what: str) -> str:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise PartMissing(f"the {what} of the demo did not start.", "Run `make setup` again.")
    return line


def _collected(store: Path) -> list[dict[str, object]]:
    listed = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "posture_tools.collector", "list", "--store", str(store), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    rows: list[dict[str, object]] = json.loads(listed.stdout)
    return rows


def run(settings: Settings, *, source: str) -> int:
    """Show the whole way of a result; 0 when every accepted result stands in the store.

    Results are counted, not messages: a station tells events too, under numbers of the same row.
    """
    if find_spec("posture_tools") is None:
        raise PartMissing(
            "the demo needs the collector and the rendered person, which a station has not.",
            "Call `make demo` in a checkout.",
        )
    console = Console(soft_wrap=True)
    accepted: set[int] = set()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="posture-demo-")))
        stop: threading.Event = stack.enter_context(stop_on_signals())
        broker = json.loads(_first_line(stack.enter_context(_child("demo-broker")), "broker"))
        address = f"{broker['host']}:{broker['port']}"
        console.print(f"broker    {broker['name']} at {address}", highlight=False)
        store = folder / "collector.db"
        collector = stack.enter_context(_child("run", "--broker", address, "--store", str(store)))
        _first_line(collector, "collector")
        console.print(f"collector storing into {store}", highlight=False)
        settings = msgspec.structs.replace(
            settings,
            state_dir=str(folder / "station"),
            camera=CameraSettings(source=source, pace="fast"),
            screening=ScreeningSettings(repeats=1),
            mqtt=MqttSettings(host=broker["host"], port=broker["port"]),
        )
        console.print(
            f"station   {shown_source(source)}, Ctrl-C ends\n", highlight=False, markup=False
        )
        reporter = Reporter(console)
        with open_outbox(settings, station_signer(settings)) as outbox:

            def saved(assessment: Assessment, seq: int) -> None:
                accepted.add(seq)
                reporter.saved_in_full(assessment, seq)

            engine = build_engine(settings, outbox, on_saved=saved, on_problem=reporter.problem)
            with uplink_running(settings, outbox, engine, reporter):
                engine.run(stop)
                wait_until_delivered(outbox, stop, console)
        stored = {row["seq"] for row in _collected(store)}
        console.print(
            f"\n{engine.frames} frames seen, {len(accepted)} results accepted by the station, "
            f"{len(stored)} stored by the collector. No picture was kept or sent.",
            highlight=False,
        )
        return 0 if stored == accepted or stop.is_set() else 1
