"""`posture-collector run`."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import BROKER, STORE, broker_and_site
from posture_tools.collector.store import Outcome
from posture_tools.collector.worker import work
from posture_tools.collector.worker_settings import WorkerSettings, load_worker_settings

from edge.wire.event import Event
from edge.wire.result import Result

log = logging.getLogger(__name__)

_MADE_BEFORE_A_LOOK = 50_000  # objects: Python looks for circles, of which messages make none


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    yield stop


def run(options: Namespace, _out: Output) -> int:
    if options.config is None:
        mqtt, site = broker_and_site(options)
        keys = "" if options.keys is None else str(options.keys)
        settings = WorkerSettings(site, str(options.store), mqtt.each, keys)
    else:
        settings = load_worker_settings(options.config)
    site, names = settings.site, [each.address for each in settings.broker]

    def stored(outcome: Outcome) -> None:
        if options.verbose:
            for item in outcome.stored:
                key = item.key
                said = f"stored {key.station} {key.seq} {item.address.channel}"
                print(f"{said}{_said_origin(item.message)}", flush=True)

    ready: set[str] = set()

    def say_ready(broker: str) -> None:
        if broker not in ready:
            ready.add(broker)
            if len(ready) == len(names):
                print(
                    f"collecting {site} from {', '.join(names)} into {settings.store}", flush=True
                )

    gc.freeze()
    gc.set_threshold(_MADE_BEFORE_A_LOOK)
    with _until_signal() as stop:
        work(settings, stop, on_batch=stored, on_ready=say_ready)
    log.info("collector: stopped")
    return 0


def _said_origin(message: Result | Event) -> str:
    """Where a result's frames came from, unless it was a camera."""
    if isinstance(message, Event) or message.origin == "camera":
        return ""
    return f" ({message.origin})"


VERB = Verb(
    "run",
    "Take in the results of one site until stopped. A broker that goes away is tried again.",
    example="posture-collector run --broker broker.local:1883 --site north --store north.db",
    run=run,
    arguments=(
        STORE,
        *BROKER,
        argument(
            "--config",
            type=Path,
            default=None,
            metavar="FILE",
            help="A collector.toml with store and brokers, instead of the options for them.",
        ),
        argument("--verbose", action="store_true", help="Print a line for each stored result."),
    ),
)
