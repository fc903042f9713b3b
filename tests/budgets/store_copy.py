"""100 000 results from a file into PostgreSQL: `python tests/budgets/store_copy.py`.

Prints how long a collector on the file could store nothing, by a writer beside it that tells its
longest wait, and how long all of it took, the comparison of both with it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from large_store import fill
from posture_tools.collector.postgres.copying import copy
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.postgres import Postgres, find_postgres

from edge.errors import StoreFailed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=100_000)
    options = parser.parse_args()
    programs = find_postgres()
    if programs is None:
        sys.exit("postgresql is missing (Debian package)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = fill(folder, options.results)
        server = stack.enter_context(Postgres(programs, "max_wal_size=4GB", on_disk=True))
        source = stack.enter_context(SqliteStore(path))
        target = stack.enter_context(PostgresStore(server.database(), folder / "erasures"))
        stop, longest_s = threading.Event(), [0.0]

        def write() -> None:
            """As a collector's small commits: it waits while the copy holds the file."""
            with SqliteStore(path) as other:
                while not stop.wait(0.05):
                    began_s = time.monotonic()
                    done = False
                    while not done and not stop.is_set():
                        try:
                            other.next_number()
                            done = True
                        except StoreFailed:  # SQLite waits for half a minute, then says so
                            continue
                    longest_s[0] = max(longest_s[0], time.monotonic() - began_s)

        writer = threading.Thread(target=write)
        writer.start()
        began_s = time.monotonic()
        rows = {each.table: each.rows for each in copy(source, target)}
        took_s = time.monotonic() - began_s
        stop.set()
        writer.join()
    print(f"{rows['result']} results, {rows['measure']} measures: intake waited for"
          f" {longest_s[0]:.1f} s at most; copied and compared in {took_s:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
