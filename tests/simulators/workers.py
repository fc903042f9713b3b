"""The workers of a site's collector, each in a thread of the test, at real brokers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from posture_tools.collector.ingest import Collector
from posture_tools.collector.store import Store
from simulators.mosquitto import Mosquitto


@contextmanager
def workers(store: Store, brokers: Sequence[Mosquitto], **given: Any) -> Iterator[None]:
    """One collector for each broker, as a worker has them; they have ended when this has.

    given : to each of them, as `Collector` takes it.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=Collector(broker.settings, store, "north", **given).run, args=(stop,)
        )
        for broker in brokers
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
