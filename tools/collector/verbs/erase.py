"""`posture-collector erase`: a person's results, from the store and from every station."""

from __future__ import annotations

import time
from argparse import Namespace

import msgspec
from posture_tools.cli import Output, Verb, argument
from posture_tools.collector import erasure
from posture_tools.collector.body import now
from posture_tools.collector.collector_options import KEYS, STORE, existing_store
from posture_tools.collector.store import Store
from posture_tools.collector.worker_key import load_granted

from edge.errors import CommandRefused, SettingsInvalid, StationUnreachable
from edge.wire.commands import EraseCommand
from edge.wire.topics import topic_level


def run(options: Namespace, out: Output) -> int:
    site = topic_level(options.site, "--site")
    with existing_store(options.store) as store:
        if options.open:
            return _list_open(store, site, out)
        _checked(options)
        who = f"session {options.session}" if options.session else f"all of code {options.code}"
        if not options.yes and not out.ask(f"Erase {who}, here and at every station, for ever?"):
            raise CommandRefused("Nothing was erased.")
        if store.is_closed(site) and options.keys is None:
            raise SettingsInvalid(
                f"The stations of {site} obey signed commands only.",
                "Name the folder of keys that `site init` wrote with --keys.",
            )
        key = None if options.keys is None else load_granted(options.keys, "command")
        at = now()
        told = erasure.erase(store, site, at, session=options.session, code=options.code, key=key)
        out.line(f"erased here: {told.results} results, {len(told.sessions)} sessions")
        return _await(store, site, told, options, out)


def _checked(options: Namespace) -> None:
    """Raise SettingsInvalid for options that do not go together."""
    try:
        msgspec.convert({"session": options.session, "code": options.code}, EraseCommand)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(
            f"This cannot be erased: {error}.", "Name either --session or --code."
        ) from error


def _await(store: Store, site: str, told: erasure.Erased, options: Namespace, out: Output) -> int:
    """Wait for the stations; say whom they are, and search the store at the end."""
    deadline_s = time.monotonic() + options.wait
    words = [*told.sessions, *([f'"{options.code}"'] if options.code else [])]
    waiting = {each.station for each in erasure.still_open(store, site)} & set(told.stations)
    said = set(told.stations) - waiting
    while waiting and time.monotonic() < deadline_s:
        time.sleep(0.2)
        here = {each.station for each in erasure.still_open(store, site)}
        for station in sorted((waiting - here) - said):
            out.line(f"{station}: nothing is left")
        said |= waiting - here
        waiting &= here
    left = store.traces(words)
    for path in left:
        out.line(f"still in {path}" + (": until every station has answered" if waiting else ""))
    if not left:
        out.line("searched the store's files: nothing is left")
    out.answer(
        {
            "results": told.results, "sessions": len(told.sessions),
            "stations": sorted(said), "waiting": sorted(waiting),
            "left": list(left),
        }
    )  # fmt: skip
    if waiting:
        raise StationUnreachable(
            f"{', '.join(sorted(waiting))} did not answer in {options.wait} s.",
            "The collector (`posture-collector run`) goes on telling them; ask with --open.",
        )
    return 1 if left else 0


def _list_open(store: Store, site: str, out: Output) -> int:
    open_ = erasure.still_open(store, site)
    for each in open_:
        found = f", found in {each.left}" if each.left else ""
        out.line(f"{each.station} has not proved the erasure of a {each.what} asked for at "
                 f"{each.asked_at}{found}")  # fmt: skip
    if not open_:
        out.line("every station has answered every erasure")
    out.answer({"open": open_})
    return 1 if open_ else 0


VERB = Verb(
    "erase",
    "Forget a session, or all that was screened under a code: in the store at once, and at every "
    "station, which is told until it answers. That there was consent stays. It cannot be undone, "
    "and asks first. The exit status is 4 while a station has not answered.",
    example="posture-collector erase --session 5f1c9a2b7d3e4f60 --site north --keys site/keys\n"
    "posture-collector erase --code p-17 --yes\nposture-collector erase --open",
    run=run,
    waits="erasing",
    arguments=(
        argument("--session", default="", help="Forget this session."),
        argument("--code", default="", help="Forget all sessions that named this code."),
        argument("--open", action="store_true", help="Say which station has not answered yet."),
        argument("--site", default="desk", help="The site, as in its stations' settings."),
        argument(
            "--wait", type=float, default=60.0, metavar="S", help="Wait so long for the stations."
        ),
        argument("--yes", action="store_true", help="Do not ask."),
        STORE,
        KEYS,
    ),
    json="object",
    inputs="store",
)
