"""What a worker counts, and what the store says of the site, for Prometheus."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import util
from typing import Any

from posture_tools.collector.report import SILENT_AFTER
from posture_tools.collector.store import Outcome, Store

from edge.errors import PartMissing, SettingsInvalid, StoreFailed
from edge.mqtt.address import split_address
from edge.wire.presence import Health

_COMMIT_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


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
                "Install it: `pip install 'posture-station[postgres]'`.",
            )
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            ProcessCollector,
            start_http_server,
        )

        host, port = split_address(address)
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._site: _SiteMetrics | None = None
        self._messages = Counter(
            "posture_messages", "Messages of stations, by what became of them.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        for outcome in ("stored", "duplicate", "conflict", "dead"):
            self._messages.labels(outcome)  # a rate from nothing on is seen from the first one on
        self._took = Histogram(
            "posture_commit_seconds", "From a batch to its commit.", buckets=_COMMIT_S,
            registry=registry,
        )  # fmt: skip
        self._problems = Counter(
            "posture_problems", "New problems that were told.", registry=registry
        )
        self._committed = Gauge(
            "posture_last_commit_seconds", "When, in seconds since 1970.", registry=registry
        )
        self._brokers = Gauge(
            "posture_broker_connected", "1 while its subscription stands.", ["broker"],
            registry=registry,
        )  # fmt: skip
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except (OSError, ValueError, OverflowError) as error:
            raise SettingsInvalid(
                f"Metrics cannot be served at {address!r}: {error}.", "Write HOST:PORT."
            ) from error

    def watch(self, store: Store, site: str) -> None:
        """Serve figures of the site from this store too; `close` closes it."""
        self._site = _SiteMetrics(store, site)
        self._registry.register(self._site)

    def committed(self, outcome: Outcome) -> None:
        """One batch."""
        for name, count in (
            ("stored", len(outcome.stored)), ("duplicate", outcome.duplicates),
            ("conflict", outcome.conflicts), ("dead", outcome.dead),
        ):  # fmt: skip
            self._messages.labels(name).inc(count)
        self._took.observe(outcome.took_s)
        self._committed.set(time.time())

    def problem(self) -> None:
        self._problems.inc()

    def ready(self, broker: str) -> None:
        self._brokers.labels(broker).set(1)

    def away(self, broker: str) -> None:
        self._brokers.labels(broker).set(0)

    def health(self, station: str, said: Health) -> None:
        """Note the health of a station that this worker heard; other workers hear other
        stations."""
        if self._site is not None:
            self._site.heard(station, said.oldest_age_s)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._site is not None:
            self._site.close()


class _SiteMetrics:
    """Figures of the site, asked of the store at each scrape, on a connection of their own. A store
    that does not answer gives none, which an alert can tell from a zero."""

    def __init__(self, store: Store, site: str) -> None:
        self._store, self._name = store, site
        self._lock = threading.Lock()
        self._oldest: dict[str, tuple[float, float]] = {}  # when heard, and what

    def heard(self, station: str, oldest_age_s: float) -> None:
        with self._lock:
            self._oldest[station] = time.monotonic(), oldest_age_s

    def describe(self) -> Iterator[Any]:
        """Names no figure before the first scrape."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily as Gauge

        yield Gauge(
            "posture_oldest_result_seconds",
            "How long the oldest result waits at a station that this worker heard.",
            value=self._longest_s(),
        )
        try:
            rows = self._store.rows
            since = (datetime.now(UTC) - SILENT_AFTER).isoformat(timespec="milliseconds")
            [(known, speaking)] = rows(
                "SELECT COUNT(*), COALESCE(SUM(CASE WHEN online = 1 AND seen_at >= ? THEN 1"
                " ELSE 0 END), 0) FROM station WHERE site = ?",
                (since.replace("+00:00", "Z"), self._name),
            )
            [(broken,)] = rows(
                "SELECT COUNT(*) FROM ingest_key WHERE site = ? AND link = 'broken'", (self._name,)
            )
            [(conflicts,)] = rows(
                "SELECT COUNT(*) FROM ingest_conflict WHERE site = ? AND resolved = ''",
                (self._name,),
            )
            [(letters,)] = rows("SELECT COUNT(*) FROM dead_letter", ())
            [(twice,)] = rows(
                "SELECT COUNT(*) FROM station WHERE site = ? AND twice_at <> ''", (self._name,)
            )
            standbys = self._store.standbys()
        except StoreFailed:
            return
        stations = Gauge("posture_stations", "Stations that were ever heard.", labels=["state"])
        stations.add_metric(["speaking"], float(speaking))
        stations.add_metric(["silent"], float(known - speaking))
        yield stations
        for name, about, value in (
            ("posture_chain_breaks", "Messages whose predecessor is another.", broken),
            ("posture_conflicts_open", "Second bodies that a person should look at.", conflicts),
            ("posture_dead_letters", "Messages that could not be stored.", letters),
            ("posture_stations_twice", "Names under which two instances were seen.", twice),
        ):
            yield Gauge(name, about, value=float(value))
        if standbys is not None:
            yield Gauge("posture_standbys", "Machines with each commit.", value=float(standbys))

    def _longest_s(self) -> float:
        since_s = time.monotonic() - SILENT_AFTER.total_seconds()
        with self._lock:
            self._oldest = {k: v for k, v in self._oldest.items() if v[0] >= since_s}
            return max((age_s for _, age_s in self._oldest.values()), default=0.0)

    def close(self) -> None:
        self._store.close()
