"""`posture-collector visit`: who came, and the code of it."""

from __future__ import annotations

import getpass
from argparse import Namespace

import msgspec
from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.body import now
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.visits import mend_code

from edge.errors import SettingsInvalid
from edge.wire.order import Opaque
from edge.wire.topics import topic_level


def run(options: Namespace, out: Output) -> int:
    site = topic_level(options.site, "--site")
    with existing_store(options.store) as store:
        if options.code is not None:
            try:
                code = msgspec.convert(options.code, Opaque)
            except msgspec.ValidationError as error:
                raise SettingsInvalid(
                    f"{options.code!r} is no code: {error}.", "Letters, digits, . _ and -."
                ) from error
            if not options.station:
                raise SettingsInvalid("A visit is one station's.", "Name it with --station.")
            place = (site, topic_level(options.station, "--station"), options.session)
            with store.transaction() as db:
                before = mend_code(db, place, code, who=options.by, at=now())
            out.line(f"{options.session}: code {before or 'none'} is now {code}")
        rows = store.rows(
            "SELECT station, session, code, age_years, sex, inputs FROM visit"
            " WHERE site = ? AND session = ?",
            (site, options.session),
        )
        names = ("station", "session", "code", "age_years", "sex", "inputs")
        for row in rows:
            out.entry(dict(zip(names, row, strict=True)))
            said = zip(names[2:], row[2:], strict=True)
            told = ", ".join(f"{name} {value}" for name, value in said if value not in ("", None))
            out.line(f"{row[0]} {row[1]}: {told}")
    if not rows:
        out.line(f"no visit {options.session} is known at {site}")
    return 0 if rows else 1


VERB = Verb(
    "visit",
    "Show a visit, or give it the code of its person; who changed a code is kept.",
    example="posture-collector visit 5f1c9a2b7d3e4f60 --site north\n"
    "posture-collector visit 5f1c9a2b7d3e4f60 --site north --station hall-1 --code p-17",
    run=run,
    waits="writing",
    arguments=(
        argument("session", metavar="SESSION", help="Of the visit, as `list` shows it."),
        argument("--code", default=None, help="From now on this is its code."),
        argument("--site", default="desk", help="The site, as in its stations' settings."),
        argument("--station", default="", help="The station of the visit."),
        argument("--by", default=getpass.getuser(), metavar="NAME", help="Who changes it."),
        STORE,
    ),
    json="array",
    inputs="store",
)
