"""A million results in PostgreSQL: `python tests/budgets/large_search.py --results 1000000`.

Fills a store through its own intake (500 stations, the last six months), then asks each search with
other values each time. Prints medians, the slowest, and whether the plan of any statement that a
search made reads a table of more than 10 000 rows whole.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
from posture_tools.collector.intake import Good, Key
from posture_tools.collector.postgres import months
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.report import fleet, results
from posture_tools.collector.searching import Chosen
from posture_tools.load.simulated import SimulatedStation
from simulators.postgres import Postgres, find_postgres

from edge.wire.codec import decode_message, encode
from edge.wire.envelope import identity
from edge.wire.result import Result
from edge.wire.seal import digest
from edge.wire.topics import Topics, parse

STATIONS = 500
DAYS = 180
BATCH = 1_000
BANDS = ("usual", "usual|high", "high", "low", "")
NOW = datetime.now(UTC)


class HeardStore(PostgresStore):
    """Remembers what it was asked."""

    asked: list[tuple[str, list[Any]]]

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.asked.append((sql, list(values)))
        return super().rows(sql, values)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        self.asked.append((sql, list(values)))
        return super().each(sql, values)


def bodies(count: int, chance: random.Random) -> Iterator[list[Good]]:
    """Results by the day, as they would have come; each person comes about five times."""
    template = decode_message(
        SimulatedStation("load", "load-0", 24, 0.0).next(time.time()).payload.partition(b"\n")[0]
    )
    assert isinstance(template, Result)
    epochs = [f"{n:024x}" for n in range(1, STATIONS + 1)]
    previous, seqs = ["0" * 64] * STATIONS, [0] * STATIONS
    batch: list[Good] = []
    for number in range(count):
        place = number % STATIONS
        seqs[place] += 1
        at = NOW - timedelta(days=DAYS) * (1 - number / count)
        name, seq, epoch = f"load-{place}", seqs[place], epochs[place]
        utc = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = msgspec.structs.replace(
            template, id=identity(name, epoch, seq), station=name, epoch=epoch, seq=seq,
            t=msgspec.structs.replace(template.t, utc=utc, boottime_ns=number),
            prev_sha256=previous[place], session=f"visit-{number // (4 * STATIONS)}-{place}",
        )  # fmt: skip
        body = encode(message)
        previous[place] = digest(body)
        topics = Topics("load", name)
        topic = topics.message("result/posture")
        batch.append(
            Good(parse(topic), Key("load", name, epoch, seq), body, previous[place],
                 message, topic)
        )  # fmt: skip
        if len(batch) == BATCH:
            chance.shuffle(batch)
            yield batch
            batch = []
    if batch:
        yield batch


def fill(store: PostgresStore, count: int) -> None:
    first = (NOW - timedelta(days=DAYS)).replace(day=1)
    wanted = [months.shifted((first.year, first.month), n) for n in range(DAYS // 28 + 3)]
    months.ensure(store.database, wanted)
    began_s, chance = time.monotonic(), random.Random(1)
    for number, batch in enumerate(bodies(count, chance)):
        store.ingest(batch)
        if number % 100 == 99:
            print(f"  {(number + 1) * BATCH} in {time.monotonic() - began_s:.0f} s", flush=True)
    store.change(
        lambda db: db.execute(
            "INSERT INTO visit"
            " SELECT site, station, session, 'p-' || mod(abs(hashtext(session)), ?),"
            " 40, 'female', '{}', 0, MIN(utc_ns), MIN(epoch), MIN(seq) FROM result"
            " GROUP BY site, station, session",
            (max(1, count // 20),),
        )
    )
    # bands as norms would give them: most are usual, few are high
    store.change(
        lambda db: db.execute(
            "UPDATE measure SET band = CASE WHEN value > 6 THEN 'high' WHEN value < -6 THEN 'low'"
            " ELSE 'usual' END WHERE code IN ('load_measure_1', 'load_measure_2')"
        )
    )
    store.database.outside("VACUUM (ANALYZE)")


def asked(chance: random.Random, count: int) -> dict[str, Callable[[], Chosen]]:
    def day() -> datetime:
        return NOW - timedelta(days=chance.uniform(2, DAYS - 32))

    def station() -> str:
        return f"load-{chance.randrange(STATIONS)}"

    def session() -> Chosen:
        place = chance.randrange(STATIONS)
        visit = chance.randrange(max(1, count // (4 * STATIONS)))
        return Chosen(site="load", station=f"load-{place}", session=f"visit-{visit}-{place}")

    def of_day() -> Chosen:
        since = day()
        return Chosen(since=since, until=since + timedelta(days=1), newest=True, limit=50)

    def band() -> Chosen:
        since = day()
        return Chosen(
            measure=f"load_measure_{chance.randint(1, 2)}", band=chance.choice(("high", "usual")),
            since=since, until=since + timedelta(days=chance.uniform(1, 30)), newest=True, limit=50,
        )  # fmt: skip

    def month() -> Chosen:
        since = day()
        return Chosen("load", station(), since=since, until=since + timedelta(days=30), limit=50)

    return {
        "session": session,
        "code": lambda: Chosen(code=f"p-{chance.randrange(max(1, count // 20))}", limit=50),
        "day, newest 50": of_day,
        "measure and band, newest 50": band,
        "one station's month, a page of 50": month,
    }


def whole_tables(store: PostgresStore, sql: str, values: list[Any]) -> list[str]:
    """Tables of more than 10 000 rows that the plan reads from end to end."""
    with store.transaction() as db:
        [(plan,)] = db.execute("EXPLAIN (FORMAT JSON) " + sql, values).fetchall()
        large = {
            name
            for (name,) in db.execute(
                "SELECT relname FROM pg_class WHERE reltuples > 10000"
            ).fetchall()
        }
    found: list[str] = []

    def look(node: dict[str, object]) -> None:
        if node.get("Node Type") == "Seq Scan" and node.get("Relation Name") in large:
            found.append(str(node["Relation Name"]))
        for each in node.get("Plans", ()):  # type: ignore[attr-defined]
            look(each)

    look((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return found


def measure(store: HeardStore, count: int, times: int) -> None:
    """Ask each search so often, and print how long it took. count : results in the store."""
    searches: dict[str, Callable[[], int]] = {
        name: lambda ask=ask: len(list(results(store, ask())))  # type: ignore[misc]
        for name, ask in asked(random.Random(2), count).items()
    }
    searches[f"fleet of {STATIONS} stations"] = lambda: len(fleet(store))
    for name, search in searches.items():
        took_ms, found, whole = [], 0, set[str]()
        for _ in range(times):
            store.asked.clear()
            began_s = time.perf_counter()
            found += search()
            took_ms.append((time.perf_counter() - began_s) * 1000)
            for sql, values in list(store.asked):
                whole.update(whole_tables(store, sql, values))
        said = f"median {statistics.median(took_ms):.1f} ms, slowest {max(took_ms):.1f} ms"
        print(f"{name}: {said}, {found / times:.0f} rows each;"
              f" whole tables: {', '.join(sorted(whole)) or 'none'}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    programs = find_postgres()
    if programs is None:
        sys.exit("postgresql is missing (Debian package)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(
            Postgres(programs, "max_wal_size=8GB", "shared_buffers=1GB", "fsync=off", on_disk=True)
        )
        HeardStore.asked = []
        store = stack.enter_context(HeardStore(server.database(), folder / "erasures"))
        fill(store, options.results)
        measure(store, options.results, options.times)


if __name__ == "__main__":
    main()
