"""`posture-collector person`: what the store holds about one code."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector import person
from posture_tools.collector.collector_options import STORE, existing_store

from edge.wire.topics import topic_level


def _export(options: Namespace, out: Output) -> int:
    site = topic_level(options.site, "--site")
    count = 0
    with existing_store(options.store) as store:
        for visit in person.visits(store, site, options.code):
            count += 1
            if out.as_json:
                out.entry(person.as_json(visit))
                continue
            for line in person.as_text(visit):
                out.line(line)
    if not count:
        out.note(f"Nothing is stored about {options.code} at {site}.")
    return 0 if count else 1


VERB = Verb(
    "person",
    "Show what is stored about a person, by the code of consents. To forget it, use `erase`.",
    example="posture-collector person p-17 export --site north > p-17.txt",
    arguments=(
        argument("code", metavar="CODE", help="The code, as it was given with the consent."),
        argument("--site", default="desk", help="The site, as in its stations' settings."),
        STORE,
    ),
    steps=(
        Verb(
            "export",
            "Print everything about the code: consents, what was told, every measure. The exit "
            "status is 1 where there is nothing.",
            example="posture-collector person p-17 export --site north --json > p-17.json",
            run=_export,
            waits="reading the store",
            json="array",
            inputs="store",
        ),
    ),
)
