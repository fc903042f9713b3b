"""The malicious chaos as a command: `python tests/budgets/malice.py --seconds 600 --seed 1`.

Prints what was accepted, stored and named, and the longest standstill of a healthy station after a
fault's end.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators.malice import Malice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-acl", action="store_true")
    options = parser.parse_args()
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        sys.exit("mosquitto is missing (Debian package mosquitto)")
    with tempfile.TemporaryDirectory() as folder:
        malice = Malice(Path(folder), program, options.seed, with_acl=not options.without_acl)
        told = malice.run(options.seconds)
    faults = ", ".join(f"{name} {count}" for name, count in sorted(told.faults.items()))
    print(f"faults: {faults}; bits changed on the wire: {told.flips}")
    print(
        f"accepted {told.accepted}, named {told.named}; stored {told.stored}, {told.untold} of them"
        " committed just before a kill and never told of; doubled 0"
    )
    print(f"publications that the access rules refused: {told.refusals}")
    print(f"longest standstill of a healthy station after a fault: {told.standstill_s:.1f} s")


if __name__ == "__main__":
    main()
