"""In the machine, in place of the engine's program: accepts a result every so many seconds.

An emulated processor measures too seldom for a power cut to hit a commit. Unit, sandbox, outbox and
uplink are the station's own; only the assessments are made up.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from edge import systemd
from edge.app import open_outbox
from edge.records import Assessment, Measure, ModelIdentity, Quality
from edge.settings import load_settings

EVERY_S = float(sys.argv[1])
SETTINGS = Path("/var/lib/posture/settings/station.toml")


def assessment(number: int) -> Assessment:
    return Assessment(
        kind="posture",
        session=f"session-{number}",
        view="front",
        source="made up",
        captured_ns=number,
        measures=(Measure("head_tilt", 1.5, "deg", 1.6, 45.0, Quality.OK, view="front"),),
        frames_used=45,
        frames_seen=60,
        min_score=0.41,
        models=(ModelIdentity("finder", "1.2.0", "ab" * 32),),
    )


with open_outbox(load_settings(SETTINGS)) as outbox:
    systemd.ready("accepting")
    for number in itertools.count(1):
        seq = outbox.accept(assessment(number))
        print(f"saved {seq}: made up", flush=True)
        systemd.alive(f"{number} accepted")
        time.sleep(EVERY_S)
