"""One worker: a collector for each broker of the site, all into one store.

A receipt goes back through the broker that its result came from. Workers know nothing of each
other: the brokers share results out among them, and the store takes each once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from posture_tools.collector.archive.retention import retain
from posture_tools.collector.ingest import IN_FLIGHT, Collector
from posture_tools.collector.metrics import Metrics
from posture_tools.collector.opening import open_store, where
from posture_tools.collector.store import Outcome
from posture_tools.collector.worker_key import load_granted
from posture_tools.collector.worker_settings import WorkerSettings

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings
from edge.wire.presence import Health


def work(
    settings: WorkerSettings,
    stop: threading.Event,
    *,
    on_batch: Callable[[Outcome], None],
    on_ready: Callable[[str], None],
) -> None:
    """Take messages from every broker into the store, until `stop`.

    on_batch : given what became of each batch. on_ready : given the broker, whenever its
    subscription stands. What fails and is tried again stands in the log.

    Raises
    ------
    SettingsInvalid, StoreUnusable, StoreFailed : it cannot begin.
    """
    at = where(settings.store)
    metrics = Metrics(settings.metrics) if settings.metrics else None

    def committed(outcome: Outcome) -> None:
        if metrics is not None:
            metrics.committed(outcome)
        on_batch(outcome)

    def problem(_text: str) -> None:
        if metrics is not None:
            metrics.problem()

    def ready(broker: str) -> None:
        if metrics is not None:
            metrics.ready(broker)
        on_ready(broker)

    def away(broker: str) -> None:
        if metrics is not None:
            metrics.away(broker)

    def health(site: str, station: str, said: Health) -> None:
        if metrics is not None:
            metrics.health(f"{site}/{station}", said)

    try:
        with open_store(at) as store:
            if metrics is not None:
                metrics.watch(open_store(at), settings.site)
            if store.is_closed(settings.site) and not settings.keys:
                raise SettingsInvalid(
                    f"The stations of {settings.site} believe signed receipts only.",
                    "Name the folder of keys that `site init` wrote with --keys.",
                )
            key = load_granted(Path(settings.keys), "receipt") if settings.keys else None

            def serve(mqtt: MqttSettings) -> None:
                name = mqtt.address
                Collector(
                    mqtt, store, settings.site, key=key, shares=not isinstance(at, Path),
                    home_assistant=settings.home_assistant,
                    in_flight=max(2, IN_FLIGHT // len(settings.broker)),
                    on_batch=committed, on_problem=problem, on_ready=lambda: ready(name),
                    on_away=lambda: away(name), on_health=health,
                ).run(stop)  # fmt: skip

            threads = [threading.Thread(target=serve, args=(each,)) for each in settings.broker]
            kept = (at, settings.keep_months, stop, problem)
            threads.append(threading.Thread(target=retain, args=kept))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        if metrics is not None:
            metrics.close()
