"""The command line of the collector. Each verb stands in `tools/collector/verbs`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from posture_tools.cli import Program
from posture_tools.collector.verbs import VERBS

from edge.systemd import log_to_journal

PROGRAM = Program(
    "posture-collector",
    "Take in the results of a site's stations, keep them in a store, and tell what it holds.",
    example="posture-collector run --broker broker.local:1883 --store collector.db\n"
    "posture-collector fleet --store collector.db",
    verbs=VERBS,
)


def main(words: Sequence[str] | None = None) -> int:
    if not log_to_journal("edge", "posture_tools"):
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    return PROGRAM.main(words)


if __name__ == "__main__":
    sys.exit(main())
