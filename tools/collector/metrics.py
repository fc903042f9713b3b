"""What a worker counts, for Prometheus."""

from __future__ import annotations

import time
from importlib import util

from posture_tools.collector.store import Outcome

from edge.errors import PartMissing, SettingsInvalid
from edge.mqtt.address import split_address


class Metrics:
    """Served on an address of this machine from now on.

    Raises
    ------
    SettingsInvalid : no such address, or it is taken. PartMissing : prometheus-client is.
    """

    def __init__(self, address: str) -> None:
        if util.find_spec("prometheus_client") is None:
            raise PartMissing(
                "Metrics need the package prometheus-client.",
                "Install it: `pip install posture-station[postgres]`.",
            )
        from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

        host, port = split_address(address)
        registry = CollectorRegistry()
        self._messages = Counter(
            "posture_messages", "Messages of stations, by what became of them.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self._batches = Counter("posture_batches", "Committed transactions.", registry=registry)
        self._problems = Counter(
            "posture_problems", "New problems that were told.", registry=registry
        )
        self._committed = Gauge(
            "posture_last_commit_seconds", "When, in seconds since 1970.", registry=registry
        )
        self._brokers = Gauge(
            "posture_broker_ready_seconds", "When its subscription last stood.", ["broker"],
            registry=registry,
        )  # fmt: skip
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except (OSError, ValueError, OverflowError) as error:
            raise SettingsInvalid(
                f"Metrics cannot be served at {address!r}: {error}.", "Write HOST:PORT."
            ) from error

    def committed(self, outcome: Outcome) -> None:
        """One batch."""
        for name, count in (
            ("stored", len(outcome.stored)), ("duplicate", outcome.duplicates),
            ("conflict", outcome.conflicts), ("dead", outcome.dead),
        ):  # fmt: skip
            self._messages.labels(name).inc(count)
        self._batches.inc()
        self._committed.set(time.time())

    def problem(self) -> None:
        self._problems.inc()

    def ready(self, broker: str) -> None:
        self._brokers.labels(broker).set(time.time())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
