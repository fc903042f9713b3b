"""`posture-collector demo-broker`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import sys
from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.collector.broker import broker


def run(_options: Namespace, _out: Output) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves the context in good order
    with contextlib.suppress(KeyboardInterrupt), broker() as running:
        print(json.dumps(dataclasses.asdict(running)), flush=True)
        sys.stdin.read()
    return 0


VERB = Verb(
    "demo-broker",
    "Run a broker for a desk until standard input closes. It listens on this machine only, and "
    "knows no passwords.",
    example="posture-collector demo-broker",
    run=run,
)
