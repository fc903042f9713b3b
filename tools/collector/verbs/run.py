"""`posture-collector run`."""

from __future__ import annotations

import signal
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import BROKER, STORE, broker_and_site
from posture_tools.collector.ingest import Collector
from posture_tools.collector.store import Outcome, Store
from posture_tools.collector.worker_key import load_granted

from edge.errors import SettingsInvalid
from edge.wire.messages import Event, Result


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    yield stop


def run(options: Namespace, out: Output) -> int:
    mqtt, site = broker_and_site(options)

    def stored(outcome: Outcome) -> None:
        if options.verbose:
            for item in outcome.stored:
                key = item.key
                said = f"stored {key.station} {key.seq} {item.address.channel}"
                print(f"{said}{_said_origin(item.message)}", flush=True)

    ready = threading.Event()

    def say_ready() -> None:
        if not ready.is_set():
            ready.set()
            print(f"collecting {site} from {options.broker} into {options.store}", flush=True)

    with Store(options.store) as store, _until_signal() as stop:
        if store.is_closed(site) and options.keys is None:
            raise SettingsInvalid(
                f"The stations of {site} believe signed receipts only.",
                "Name the folder of keys that `site init` wrote with --keys.",
            )
        key = None if options.keys is None else load_granted(options.keys, "receipt")
        Collector(
            mqtt, store, site, key=key, on_batch=stored, on_problem=out.note, on_ready=say_ready
        ).run(stop)
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
        argument("--verbose", action="store_true", help="Print a line for each stored result."),
    ),
)
