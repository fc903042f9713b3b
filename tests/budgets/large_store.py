"""100 000 results: `python tests/budgets/large_store.py`.

Fills a store through its own intake, then measures the commands: seconds until the first row of
`list` and `export`, until all of `fleet`, and the most memory that each took until its end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment

from edge.results.outbox import Outbox

BATCH = 500
STATIONS = 10


def fill(folder: Path, count: int) -> Path:
    """Results of ten stations, as their outboxes give them."""
    path = folder / "collector.db"
    with SqliteStore(path) as store:
        for number in range(STATIONS):
            name = f"hall-{number}"
            with Outbox.open(
                folder / f"{name}.db",
                site="north", station=name, limit_bytes=10**9, at_limit="refuse",
            ) as outbox:  # fmt: skip
                # One commit for each would measure the disk; the rows are the same.
                with outbox._database.transaction():
                    for each in range(count // STATIONS):
                        _accept(outbox, each)
                after = 0
                while page := outbox.pending(BATCH, after=after):
                    after = page[-1].seq
                    prefix = f"ps/v2/north/{name}/"
                    store.ingest([examine(Incoming(prefix + m.channel, m.payload)) for m in page])
    return path


def _accept(outbox: Outbox, number: int) -> None:
    from edge.results import compose

    def write(envelope: dict[str, object]) -> object:
        return compose.result(envelope, assessment(number), None, "")

    db = outbox._database._connection
    outbox._chain(db).append(db, "result/posture", f"session-{number}", write)  # type: ignore[arg-type]


def measure(words: list[str], first_line: int) -> tuple[float, float, int]:
    """Seconds to the first row, seconds to the end, and megabytes at most."""
    began_s = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "posture_tools.collector", *words], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first_s = 0.0
        for line, _ in enumerate(process.stdout):
            if line == first_line:
                first_s = time.monotonic() - began_s
        process.stdout.close()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return first_s, time.monotonic() - began_s, used.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = ["--store", str(fill(Path(folder), options.results))]
        empty = Path(folder) / "empty.db"
        SqliteStore(empty).close()
        start_s, _, start_mb = measure(["list", "--store", str(empty)], 0)
        print(f"an empty store: {start_s:.2f} s, {start_mb} MB (the program's own start)")
        for name, words, first in (
            ("list", ["list", *store], 1), ("list --json", ["list", "--json", *store], 1),
            ("export", ["export", "--csv", "-", *store], 1), ("fleet", ["fleet", *store], 4),
        ):  # fmt: skip
            first_s, all_s, most_mb = measure(words, first)
            print(f"{name}: first row after {first_s:.2f} s, all after {all_s:.1f} s, {most_mb} MB")


if __name__ == "__main__":
    main()
