"""`posture-collector contract`."""

from __future__ import annotations

import json
from argparse import Namespace

from posture_tools.cli import Output, Verb

from edge.wire.contract import asyncapi


def run(_options: Namespace, _out: Output) -> int:
    print(json.dumps(asyncapi(), indent=2))
    return 0


VERB = Verb(
    "contract",
    "Print the contract of the wire: AsyncAPI 3 with JSON Schemas, as JSON.",
    example="posture-collector contract > asyncapi.json",
    run=run,
)
