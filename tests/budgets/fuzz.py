"""The fuzzer as a command: `python tests/budgets/fuzz.py --messages 20000`."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators.fuzzing import GROUP, fuzz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        sys.exit("mosquitto is missing (Debian package mosquitto)")
    began_s = time.monotonic()

    def say(honest: int) -> None:
        if honest % 100 == 0:
            print(f"{honest * GROUP} messages, {honest} honest results; "
                  f"{time.monotonic() - began_s:.0f} s", flush=True)  # fmt: skip

    with tempfile.TemporaryDirectory() as folder:
        honest = fuzz(Path(folder), program, options.messages, say)
    print(f"{options.messages} messages, {honest} honest results among them, all arrived;"
          f" {time.monotonic() - began_s:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
