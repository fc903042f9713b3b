"""`posture-station demo`: a site on this machine, without root or camera, and its pages.

The station is this program; broker, collector, pages and two replayed stations are the tools'
(`posture_tools.demo`). Everything lives in a temporary folder and ends with the demo: at a terminal
at Ctrl-C, elsewhere when one person was screened and all is delivered.
"""

from __future__ import annotations

import json
import queue
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
from edge.cli.stopping import stop_on_signals
from edge.commands.run import Reporter, uplink_running, wait_until_delivered
from edge.engine.station_key import station_signer
from edge.errors import PartMissing
from edge.mqtt.settings import MqttSettings
from edge.records import Assessment
from edge.settings import CameraSettings, ScreeningSettings, Settings

SAMPLE = "mannequin:?shoulder_tilt=4&head_lean=3&seed=12"
_BETWEEN_S = 20.0  # two people before the wall, at a terminal
_STAGE_S = 300.0


class _Stage(msgspec.Struct, frozen=True):
    """The stage as `posture_tools.demo` describes it."""

    broker: str
    host: str
    port: int
    store: str
    pages: str
    name: str
    password: str
    photo: str


class _Told(msgspec.Struct, frozen=True):
    """What `posture_tools.demo` tells of the messages that it replays, and how many of them are
    stored."""

    messages: int
    confirmed: int


@contextmanager
def _stage(
    folder: Path, console: Console, told: queue.SimpleQueue[_Told], stop: threading.Event
) -> Iterator[_Stage | None]:
    """Broker, collector, pages and the replayed stations, until the context ends or `stop` is set;
    None where that was before they stood.

    told : gets how much was replayed, once it is stored.
    """
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "posture_tools.demo", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C reaches the whole terminal group; the station tells its children itself.
        start_new_session=True,
    )
    assert child.stdout is not None  # noqa: S101 - they are pipes
    assert child.stdin is not None  # noqa: S101
    lines, stdin = child.stdout, child.stdin

    def show() -> None:
        for said in lines:
            if said.startswith("{"):
                told.put(msgspec.json.decode(said, type=_Told))
            else:
                console.print(said.rstrip(), highlight=False, markup=False)
        told.put(_Told(0, 0))  # nobody waits for a stage that has ended

    def end_when_stopped() -> None:
        stop.wait()
        stdin.close()

    threading.Thread(target=end_when_stopped, name="stage-end", daemon=True).start()
    shown = threading.Thread(target=show, name="stage")
    try:
        line = lines.readline()
        shown.start()
        if not line and not stop.is_set():
            raise PartMissing("the stage of the demo did not start.", "Run `make setup` again.")
        yield msgspec.json.decode(line, type=_Stage) if line else None
    finally:
        stdin.close()
        try:
            child.wait(timeout=_STAGE_S)
        finally:
            child.kill()
        shown.join()
        lines.close()


def _collected(store: str) -> list[dict[str, object]]:
    listed = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "posture_tools.collector", "list", "--store", store, "--json"],
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
        console.print("setting up broker, collector and pages ...", highlight=False)
        told: queue.SimpleQueue[_Told] = queue.SimpleQueue()
        stage = stack.enter_context(_stage(folder, console, told, stop))
        if stage is None or stop.is_set():
            return 0
        _introduce(stage, source, console)
        settings = msgspec.structs.replace(
            settings,
            state_dir=str(folder / "station"),
            camera=CameraSettings(source=source, pace="fast"),
            screening=ScreeningSettings(repeats=1),
            mqtt=MqttSettings(host=stage.host, port=stage.port),
        )
        reporter = Reporter(console)
        frames = 0

        def saved(assessment: Assessment, seq: int) -> None:
            accepted.add(seq)
            reporter.saved_in_full(assessment, seq)

        with open_outbox(settings, station_signer(settings)) as outbox:
            while not stop.is_set():
                engine = build_engine(settings, outbox, on_saved=saved, on_problem=reporter.problem)
                with uplink_running(settings, outbox, engine, reporter):
                    engine.run(stop)
                    wait_until_delivered(outbox, stop, console)
                    frames += engine.frames
                    if not console.is_interactive or stop.wait(_BETWEEN_S):
                        break
        replayed = told.get() if not stop.is_set() else _Told(0, 0)
        wall = [row for row in _collected(stage.store) if row["station"] == settings.station]
        stored = {row["seq"] for row in wall}
        console.print(
            f"\n{frames} frames seen, {len(accepted)} results accepted by the station, "
            f"{len(stored)} stored by the collector; of {replayed.messages} replayed messages "
            f"{replayed.confirmed}. No picture was kept or sent.",
            highlight=False,
        )
        whole = stored == accepted and 0 < replayed.messages == replayed.confirmed
        return 0 if whole or stop.is_set() else 1


def _introduce(stage: _Stage, source: str, console: Console) -> None:
    """Print the addresses to look at, before there is anything to see."""
    for line in (
        f"broker    {stage.broker} at {stage.host}:{stage.port}",
        f"collector storing into {stage.store}",
        f"pages     {stage.pages}   name {stage.name}   password {stage.password}",
        f"          to upload there: {stage.photo}",
        f"station   {shown_source(source)}, Ctrl-C ends\n",
    ):
        console.print(line, highlight=False, markup=False)
