"""The command line of the station. Each verb stands in `edge/commands/verbs`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from edge.cli.program import Program
from edge.commands.station_options import SETTINGS
from edge.commands.verbs import VERBS
from edge.systemd import log_to_journal

PROGRAM = Program(
    "posture-station",
    "Measure posture in photographs, videos and before a camera, and send the measures on. "
    "Pictures are never sent.",
    example="posture-station assess photo.jpg\nposture-station demo",
    verbs=VERBS,
    options=(SETTINGS,),
)


def main(words: Sequence[str] | None = None) -> int:
    log_to_journal("edge")
    return PROGRAM.main(words)


if __name__ == "__main__":
    sys.exit(main())
