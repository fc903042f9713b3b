"""`posture-collector verify`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.verify import findings, joined


def run(options: Namespace, out: Output) -> int:
    counts: dict[str, int] = {}
    with existing_store(options.store) as store:
        for each in joined(findings(store)):
            counts[each.what] = counts.get(each.what, 0) + each.last - each.first + 1
            out.entry(each)
            numbers = str(each.first) if each.first == each.last else f"{each.first}-{each.last}"
            out.line(f"{each.what:10} {each.site}/{each.station} {each.epoch} {numbers}")
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    out.line(said or "every message is here, unchanged, and the chains are whole")
    return 1 if counts.keys() & {"changed", "broken", "lost"} else 0


VERB = Verb(
    "verify",
    "Say whether all that the stations gave is here, as they gave it. It reads every body. The "
    "exit status is 1 where something was changed, broken or lost.",
    example="posture-collector verify --store collector.db",
    run=run,
    waits="reading every body",
    arguments=(STORE,),
    json="array",
    inputs="store",
)
