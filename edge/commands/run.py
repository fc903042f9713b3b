"""`posture-station run`: engine and uplink together, for a desk.

On a station systemd runs them as two services with different rights: `run --only engine` has the
camera and no network, `run --only uplink` the network and no camera.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from edge import systemd
from edge.app import build_engine, build_uplink, open_outbox, software_events
from edge.cli.exits import Exit
from edge.cli.stopping import stop_on_signals
from edge.cli.table import show
from edge.commands.table import measure_table
from edge.engine.engine import Engine
from edge.engine.engine_file import EngineFile
from edge.engine.saving import Saving
from edge.engine.station_key import station_signer
from edge.errors import CameraHung, ImageUnreadable, PostureError
from edge.records import Assessment
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.shown import shown
from edge.uplink.uplink_file import UplinkFile

_LOOK_EVERY_S = 10.0
_LOOP_LATE_S = 90.0  # longer than the longest wait between two tries to connect


class Reporter:
    """Prints for a person what happens, one line for each result."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.unreadable = 0  # pictures of a recorded source

    def saved(self, assessment: Assessment, seq: int) -> None:
        given = sum(m.value is not None for m in assessment.measures)
        self._console.print(
            f"saved {seq}: {shown(assessment.source)}{_origin(assessment)}, {assessment.view}, "
            f"{given} of "
            f"{len(assessment.measures)} measures from {assessment.frames_used} frames",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )

    def saved_in_full(self, assessment: Assessment, seq: int) -> None:
        title = f"saved {seq}: {assessment.view} view{_origin(assessment)}"
        show(measure_table(title, assessment.measures, assessment.scale_by), self._console)

    def problem(self, problem: PostureError) -> None:
        self.unreadable += isinstance(problem, ImageUnreadable)
        self._console.print(str(problem), style="yellow", markup=False, highlight=False)


def _origin(assessment: Assessment) -> str:
    return "" if assessment.origin == "camera" else f" ({assessment.origin})"


@contextmanager
def uplink_running(
    settings: Settings, outbox: Outbox, engine: Engine, reporter: Reporter
) -> Iterator[None]:
    """The uplink in a thread of its own for as long as the context lasts."""
    stop = threading.Event()
    uplink = build_uplink(settings, outbox, engine=engine, on_problem=reporter.problem)
    thread = threading.Thread(target=uplink.run, args=(stop,), name="uplink")
    thread.start()
    try:
        with UplinkFile(settings.state_path, uplink.status):
            yield
    finally:
        stop.set()
        thread.join()


def _run_uplink(
    settings: Settings, outbox: Outbox, reporter: Reporter, stop: threading.Event
) -> int:
    """The uplink alone. The watchdog is fed only while its loop comes round."""
    uplink = build_uplink(settings, outbox, engine=None, on_problem=reporter.problem)
    thread = threading.Thread(target=uplink.run, args=(stop,), name="uplink")
    thread.start()
    systemd.ready("sending")
    tell_software = software_events(settings, outbox, reporter.problem)
    with UplinkFile(settings.state_path, uplink.status):
        while not stop.wait(_LOOK_EVERY_S):
            tell_software()
            status = uplink.status()
            if status.loop_age_s < _LOOP_LATE_S:
                systemd.alive(status.problem or f"{status.phase}, {outbox.depth()} waiting")
    thread.join()
    systemd.stopping()
    return 0


def wait_until_delivered(outbox: Outbox, stop: threading.Event, console: Console) -> None:
    """Return when the collector has confirmed everything, or at `stop`."""
    if outbox.depth() and not stop.is_set():
        console.print("waiting for the collector; Ctrl-C leaves the rest in the outbox")
    while outbox.depth() and not stop.wait(0.1):
        pass


def _leave_at_once(fault: CameraHung, outbox: Outbox, reporter: Reporter) -> NoReturn:
    """End the process although a thread of it stays in the camera's driver for ever."""
    reporter.problem(fault)
    outbox.close()
    systemd.stopping()
    sys.stdout.flush()
    os._exit(Exit.HUNG)


def run(settings: Settings, *, only: str = "", verbose: bool = False) -> int:
    """Measure and send until Ctrl-C, or until a recorded source has ended and all is delivered."""
    console = Console(soft_wrap=True)
    reporter = Reporter(console)
    on_saved = reporter.saved_in_full if verbose else reporter.saved
    signer = None if only == "uplink" else station_signer(settings)
    with stop_on_signals() as stop, open_outbox(settings, signer) as outbox:
        if only == "uplink":
            return _run_uplink(settings, outbox, reporter, stop)
        systemd.starting("loading the models", extend_s=120)
        saving = Saving(outbox, reporter.problem)
        try:
            with EngineFile(settings.state_path, saving) as file:
                engine = build_engine(
                    settings, outbox, on_saved=on_saved, on_problem=reporter.problem
                )
                file.follow(engine)
                if only == "engine":
                    engine.run(stop)
                else:
                    with uplink_running(settings, outbox, engine, reporter):
                        engine.run(stop)
                        wait_until_delivered(outbox, stop, console)
        except CameraHung as fault:
            _leave_at_once(fault, outbox, reporter)
        counts = outbox.counts()
        console.print(
            f"{engine.frames} frames seen, {counts.accepted} results accepted, "
            f"{counts.waiting} waiting in the outbox",
            highlight=False,
        )
    systemd.stopping()
    return 1 if reporter.unreadable else 0
