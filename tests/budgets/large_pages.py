"""The pages over a large store: `python tests/budgets/large_pages.py`.

Fills a store of either body with as many stations and results as are asked for, then has the pages
answer distinct questions, each asked once: the fleet, one station, searches, visits and persons.
Printed is the time in which the server made each answer, how much of it server and database
computed (on a busy machine they wait for their turn), and how many bytes a first load sends.
With --check the exit status is 1 where a median or a 95th percentile is over its limit.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from posture_tools.collector.intake import Good, Incoming, examine
from posture_tools.collector.postgres import months
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.station_hours import HOUR_S, KEPT_HOURS
from posture_tools.collector.store import Store
from posture_tools.pages.config import Pace, PagesConfig
from simulators.pages_world import visit
from simulators.postgres import Postgres, find_postgres

from edge.results.outbox import Outbox

MEDIAN_S, P95_S, FIRST_LOAD_BYTES = 0.300, 1.0, 250_000
RESULTS_A_VISIT, MODEL_EVENTS = 5, 3
AT_ONCE, STATIONS_AT_ONCE = 5_000, 100
DAYS = 60
Row = tuple[Any, ...]


def templates(folder: Path) -> list[Good]:
    """One visit as a station sends it: four views, movements, and what was told of models."""
    with Outbox.open(
        folder / "template.db", site="north", station="hall-0", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        for assessment in visit("s", 3.0):
            outbox.accept(assessment)
        for step in ("desired", "download", "confirm"):
            outbox.accept_event(
                "model", {"step": step, "slot": "bottom_up", "version": "3.1", "sha256": "ab" * 32}
            )
        found = [
            examine(Incoming(f"ps/v2/north/hall-0/{m.channel}", m.payload))
            for m in outbox.pending(99)
        ]
    return [each for each in found if isinstance(each, Good)]


class Filling:
    """Rows of a store of that size. Bodies are those of the template: what is read is as large as
    what stations send, and what is counted and searched is each row's own."""

    def __init__(self, given: list[Good], stations: int, results: int) -> None:
        self.results = [g for g in given if g.address.channel.startswith("result")]
        self.events = [g for g in given if g.address.channel.startswith("event/model")]
        self.stations, self.visits = stations, results // RESULTS_A_VISIT
        first: Any = self.results[0].message
        self.codes = [each.code for each in first.measures[:8]]
        self.first = datetime.now(UTC) - timedelta(days=DAYS)

    def place(self, number: int) -> tuple[str, str]:
        return f"site-{number % 20}", f"hall-{number}"

    def code(self, number: int) -> str:
        return f"P-{number % max(1, self.visits // 3):06d}"

    def band(self, number: int) -> str:
        """Most are as usual, few are not."""
        return {0: "above", 1: "below"}.get(number % 50, "usual")

    def utc_ns(self, number: int) -> int:
        share = number / self.visits
        return int((self.first + timedelta(days=DAYS * share)).timestamp() * 1e9)

    def of_visits(self, numbers: range) -> dict[str, list[Row]]:
        keys, results, measures, visits = [], [], [], []
        for number in numbers:
            site, station = self.place(number % self.stations)
            session, utc_ns = f"visit-{number}", self.utc_ns(number)
            for part, good in enumerate(self.results):
                message: Any = good.message
                seq = number // self.stations * RESULTS_A_VISIT + part + 1 + MODEL_EVENTS
                key = (site, station, "e", seq)
                keys.append((*key, "stored", good.body_sha256, "", "ok", "2026-01-01T00:00:00Z"))
                results.append((*key, message.kind, session, message.view, utc_ns, "synced", "b",
                                seq, message.origin, good.body, good.seal_bytes))  # fmt: skip
                for at, m in enumerate(message.measures[:8]):
                    measures.append((*key, at, utc_ns, m.code, m.side, m.view, m.value, m.unit,
                                     m.u95, m.u95_change, m.n, str(m.quality), " ".join(m.why),
                                     m.definition, self.band(number), "bench"))  # fmt: skip
            visits.append((site, station, session, self.code(number), 40.0, "female", "{}", 0,
                           utc_ns, "e", 1))  # fmt: skip
        return {"ingest_key": keys, "result": results, "measure": measures, "visit": visits}

    def of_stations(self) -> dict[str, list[Row]]:
        keys, events, stations = [], [], []
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for number in range(self.stations):
            site, station = self.place(number)
            stations.append((site, station, at, 1, b"{}", b"{}", b"{}", b"", "", 0, "", ""))
            for seq, good in enumerate(self.events, start=1):
                keys.append((site, station, "e", seq, "stored", good.body_sha256, "", "ok", at))
                events.append((site, station, "e", seq, "model", 1, "synced", "b", seq, good.body,
                               b""))  # fmt: skip
        return {"ingest_key": keys, "event": events, "station": stations}

    def of_hours(self, numbers: range) -> dict[str, list[Row]]:
        """A whole month of each station, as the collector keeps it."""
        last = int(datetime.now(UTC).timestamp()) // HOUR_S
        return {
            "station_hour": [
                (*self.place(number), hour, 2**60 - 1, 50.0 + hour % 24, hour % 5, "1.0.0")
                for number in numbers
                for hour in range(last - KEPT_HOURS + 1, last + 1)
            ]
        }

    def batches(self) -> Iterator[dict[str, list[Row]]]:
        yield self.of_stations()
        for first in range(0, self.stations, STATIONS_AT_ONCE):
            yield self.of_hours(range(first, min(first + STATIONS_AT_ONCE, self.stations)))
        for first in range(0, self.visits, AT_ONCE):
            yield self.of_visits(range(first, min(first + AT_ONCE, self.visits)))


def fill(store: Store, filling: Filling) -> None:
    for tables in filling.batches():
        with store.transaction() as db:
            for table, rows in tables.items():
                if isinstance(store, PostgresStore):
                    copy = f"COPY {table} FROM STDIN"
                    with db.connection.cursor() as cursor, cursor.copy(copy) as out:  # type: ignore[attr-defined]
                        for row in rows:
                            out.write_row(row)
                else:
                    marks = ", ".join("?" * len(rows[0])) if rows else ""
                    db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def questions(filling: Filling, each: int) -> dict[str, list[str]]:
    """Paths by kind, none twice."""
    chosen = random.Random(7).sample(range(filling.visits), min(3 * each, filling.visits))
    days = [(filling.first + timedelta(days=DAYS * n / each)).date() for n in range(each)]

    def path(number: int) -> str:
        return "/".join((*filling.place(number % filling.stations), f"visit-{number}"))

    return {
        "fleet": ["/stations/"] * 1 + [f"/stations/rows/?page={n}" for n in range(1, each)],
        "station": [
            "/stations/{}/{}/".format(*filling.place(n % filling.stations)) for n in chosen[:each]
        ],
        "visits, newest": [f"/visits/?skip={50 * n}" for n in range(each)],
        "search by code": [f"/visits/?code={filling.code(n)}" for n in chosen[:each]],
        "search by session": [f"/visits/?session=visit-{n}" for n in chosen[:each]],
        "search by day": [f"/visits/?since={day}&until={day}" for day in days],
        "search by station": [
            f"/visits/?station=hall-{n % filling.stations}&skip={n % 7}" for n in chosen[:each]
        ],
        "search by band": [
            f"/visits/?measure={code}&band={band}&skip={skip}"
            for skip in range(max(1, each // 4))
            for code in filling.codes[:2]
            for band in ("above", "usual")
        ][:each],
        "visit": [f"/visits/{path(n)}/" for n in chosen[each : 2 * each]],
        "sheet": [f"/visits/{path(n)}/sheet/" for n in chosen[2 * each : 3 * each]],
        "person": [
            f"/people/{filling.place(n % filling.stations)[0]}/{filling.code(n)}/"
            for n in chosen[:each]
        ],
    }


def computed_s(database: int) -> float:
    """Seconds that this process has computed, and the database of that number with its children."""
    own_s = time.process_time()
    if not database:
        return own_s
    ticks = sum(_ticks(_stat(database))[2:])  # of children that have ended
    for each in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(each.name))
        if stat and int(stat[1]) == database:
            ticks += sum(_ticks(stat))
    return own_s + ticks / os.sysconf("SC_CLK_TCK")


def _stat(number: int) -> list[str]:
    """What Linux says of a process, from its state on; nothing where it has gone."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(stat: list[str]) -> list[int]:
    """In user and kernel mode: its own, then its children's."""
    return [int(word) for word in stat[11:15]]


def ask(client: Any, paths: list[str], database: int) -> tuple[list[float], float]:
    """Seconds of the server for each, and how many of them all it and its database computed
    themselves: on a busy machine they wait for their turn, too."""
    taken: list[float] = []
    before_s = computed_s(database)
    for path in paths:
        began_s = time.perf_counter()
        answer = client.get(path)
        taken.append(time.perf_counter() - began_s)
        assert answer.status_code == 200, (path, answer.status_code)
    return taken, computed_s(database) - before_s


def first_load(client: Any, path: str) -> int:
    """Bytes as sent of a page and of all that it names."""
    page = client.get(path, headers={"accept-encoding": "gzip"})
    sent = len(page.content)
    text = gzip.decompress(page.content) if page.headers.get("Content-Encoding") else page.content
    for asset in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text.decode())):
        answer = client.get(asset, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200, asset
        sent += len(answer.getvalue())
    return sent


def measure(config: PagesConfig, filling: Filling, each: int, database: int = 0) -> bool:
    """database : the number of its process, where there is one."""
    from posture_tools.pages.serve import prepare

    prepare(config)
    from django.test import Client
    from posture_tools.pages.models import Account

    account = Account.objects.make("bench", None, "admin")
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    asked = questions(filling, each)
    client.get("/visits/?code=warm")  # templates and words are read once for a process
    good = True
    head = f"{'':20} {'asked':>6} {'median ms':>10} {'p95 ms':>8} {'most ms':>8}"
    print(f"{head} {'computing ms':>13}")
    for kind, paths in asked.items():
        found, spent_s = ask(client, paths, database)
        taken = sorted(found)
        median_s, p95_s = statistics.median(taken), taken[int(0.95 * (len(taken) - 1))]
        good &= median_s < MEDIAN_S and p95_s < P95_S
        times = f"{median_s * 1e3:10.0f} {p95_s * 1e3:8.0f} {taken[-1] * 1e3:8.0f}"
        print(f"{kind:20} {len(taken):6} {times} {spent_s / len(taken) * 1e3:13.0f}")
    for kind in ("fleet", "station", "visits, newest", "visit", "person"):
        sent = first_load(client, asked[kind][0])
        good &= sent <= FIRST_LOAD_BYTES
        print(f"first load of {kind:15} {sent / 1000:8.1f} kB")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--body", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--stations", type=int, default=2_000)
    parser.add_argument("--results", type=int, default=0, help="0: as large as that body is for.")
    parser.add_argument("--each", type=int, default=20, help="Questions of each kind.")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    results = options.results or (100_000 if options.body == "sqlite" else 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filling = Filling(templates(folder), options.stations, results)
        print(f"{options.body}: {options.stations} stations, {results} results")
        if options.body == "sqlite":
            config = PagesConfig(folder / "collector.db", names=("testserver",),
                                 pace=Pace(10**9, 10**9))  # fmt: skip
            with SqliteStore(folder / "collector.db") as file:
                fill(file, filling)
            good = measure(config, filling, options.each)
        else:
            programs = find_postgres()
            assert programs is not None, "Debian package postgresql"
            # its files are larger than a memory that others want, too
            with Postgres(
                programs, "fsync=off", "shared_buffers=512MB", "max_wal_size=4GB", on_disk=True
            ) as server:
                address = server.database()
                with PostgresStore(address, folder / "list.erasures") as store:
                    now = datetime.now(UTC)
                    months.ensure(store.database, months.months_around(now))
                    months.ensure(store.database,
                                  [months.shifted((now.year, now.month), -2)])  # fmt: skip
                    fill(store, filling)
                    store.database.outside("ANALYZE")
                config = PagesConfig(address, names=("testserver",), pace=Pace(10**9, 10**9))
                good = measure(config, filling, options.each, server.pid)
    return 0 if good or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
