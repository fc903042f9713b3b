"""`posture-collector contract`."""

from __future__ import annotations

import json
from argparse import Namespace

from posture_tools.cli import Output, Verb, argument

from edge.wire.contract import MESSAGES, asyncapi, schema_of

_NAMED = {message.__name__: message for message in MESSAGES}


def run(options: Namespace, _out: Output) -> int:
    document = schema_of(_NAMED[options.schema]) if options.schema else asyncapi()
    print(json.dumps(document, indent=2))
    return 0


VERB = Verb(
    "contract",
    "Print the contract of the wire: AsyncAPI 3 with JSON Schemas, as JSON.",
    example="posture-collector contract > asyncapi.json",
    run=run,
    arguments=(
        argument(
            "--schema",
            choices=tuple(_NAMED),
            metavar="MESSAGE",
            help=f"Print the JSON Schema of one message alone: {', '.join(_NAMED)}.",
        ),
    ),
)
