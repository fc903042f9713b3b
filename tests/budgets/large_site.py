"""How fast a site drains: `python tests/budgets/large_site.py --stations 500 --each 100`.

In one run and with the same results: the SQLite body with one broker, PostgreSQL (on a disk, every
commit waits for it) with one worker and one broker, with two workers and three brokers, and the
last with a synchronous standby. Prints results/s, and what one costs each process. Results are made
and signed before the clock starts; still sender, brokers, workers and database share the machine.
Each station has eight results under way, as after an outage: nobody waits for the sender.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from posture_tools.collector.opening import open_store, where
from posture_tools.collector.verify import findings
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.postgres import Pair, Postgres, find_postgres
from simulators.waiting import eventually


@dataclass(frozen=True, slots=True)
class Case:
    """store : sqlite, postgres, or standby for one with a synchronous standby."""

    store: str
    workers: int
    brokers: int


CASES = (
    Case("sqlite", 1, 1),
    Case("postgres", 1, 1),
    Case("postgres", 2, 3),
    Case("standby", 2, 3),
)


# As posture.conf, but for the memory, which this machine shares.
SETTINGS = ("shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min",
            "wal_compression=lz4")  # fmt: skip


@contextmanager
def database(kind: str, folder: Path, programs: Path) -> Iterator[tuple[str, list[int]]]:
    """Address, and the server's process."""
    if kind == "sqlite":
        yield str(folder / "collector.db"), []
    elif kind == "postgres":
        with Postgres(programs, *SETTINGS, on_disk=True) as server:
            yield server.database(), [server.pid]
    else:
        with Pair(programs, *SETTINGS, on_disk=True) as pair:
            yield pair.address, [pair.primary.pid, pair.standby.pid]


def run(case: Case, folder: Path, mosquitto: str, programs: Path, words: list[str]) -> str:
    folder.mkdir()
    with ExitStack() as stack:
        address, servers = stack.enter_context(database(case.store, folder, programs))
        brokers = [
            stack.enter_context(
                Mosquitto(mosquitto, folder / f"broker-{n}", "max_queued_messages 100000",
                          "max_inflight_messages 1000")
            )
            for n in range(case.brokers)
        ]  # fmt: skip
        lines = ['site = "load"', f'store = "{address}"']
        for broker in brokers:
            lines += ["[[broker]]", f"port = {broker.port}"]
        config = folder / "collector.toml"
        config.write_text("\n".join(lines))
        processes = [f"database-{n}={pid}" for n, pid in enumerate(servers)]
        processes += [f"broker-{n}={broker.pid}" for n, broker in enumerate(brokers)]
        for number in range(case.workers):
            words_ = ["-m", "posture_tools.collector", "run", "--config", str(config)]
            worker = Child(*words_, log=folder / "worker.log")
            stack.callback(worker.kill)
            eventually(lambda worker=worker: bool(worker.lines), within_s=300)
            processes.append(f"worker-{number}={worker.pid}")
        named = [word for broker in brokers for word in ("--broker", f"127.0.0.1:{broker.port}")]
        measured = [word for process in processes for word in ("--process", process)]
        done = subprocess.run(
            [sys.executable, "-m", "posture_tools.load", "run", "--site", "load", "--prepared",
             "--connections", "6", "--patience", "300", "--json", *named, *measured, *words],
            stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        said = json.loads(done.stdout)
        with open_store(where(address)) as store:
            [(count,)] = store.rows("SELECT COUNT(*) FROM result")
            links = store.rows("SELECT DISTINCT link FROM ingest_key")
            wrong = len(list(findings(store)))
    expected = said["sent"] + said["stations"]  # one each before the clock starts
    assert (count, links, wrong) == (expected, [("ok",)], 0), (count, expected, links, wrong)

    def cost(name: str) -> float:
        return sum(v for key, v in said.items() if key.startswith(name) and key.endswith("cpu_ms"))

    most_mb = max(v for key, v in said.items() if key.startswith("worker") and key.endswith("_mb"))
    return (
        f"{case.store:9} {case.workers} worker(s) {case.brokers} broker(s):"
        f" {said['results_a_second']:7.0f} results/s; CPU ms a result: worker {cost('worker'):.3f},"
        f" database {cost('database'):.3f}, broker {cost('broker'):.3f}, sender"
        f" {said['sender_cpu_ms']:.3f}; receipts after"
        f" {said['receipt_median_s']} s (half), {said['receipt_longest_s']} s (all);"
        f" largest worker {most_mb:.0f} MB; {said['sent_again']} sent again; all stored once"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--case", type=int, nargs="+", default=list(range(len(CASES))))
    options = parser.parse_args()
    mosquitto = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")
    programs = find_postgres()
    if mosquitto is None or programs is None:
        sys.exit("mosquitto or postgresql is missing (Debian packages of these names)")
    words = ["--stations", str(options.stations), "--each", str(options.each)]
    with tempfile.TemporaryDirectory() as folder:
        for number in options.case:
            at = Path(folder) / f"case-{number}"
            print(run(CASES[number], at, mosquitto, programs, words), flush=True)


if __name__ == "__main__":
    main()
