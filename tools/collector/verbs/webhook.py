"""`posture-collector webhook`: who else is told that a result came."""

from __future__ import annotations

import getpass
import logging
import signal
import threading
import time
from argparse import Namespace

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.webhooks import hooks
from posture_tools.collector.webhooks.delivering import Deliverer
from posture_tools.collector.webhooks.sending import HttpsSender
from rich.table import Table

from edge.errors import StoreFailed
from edge.wire.topics import topic_level

_EVERY_S = 2.0
_AWAY_S = 10.0

log = logging.getLogger(__name__)


def _allow(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        hooks.allow(store, options.host, getpass.getuser())
        out.line(f"may be told: {', '.join(hooks.hosts(store))}")
    return 0


def _disallow(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        hooks.disallow(store, options.host, getpass.getuser())
        out.line(f"may be told: {', '.join(hooks.hosts(store)) or 'nobody'}")
    return 0


def _add(options: Namespace, out: Output) -> int:
    sites = [topic_level(site, "--site") for site in options.site]
    with existing_store(options.store) as store:
        secret = hooks.add(store, options.name, options.url, sites, getpass.getuser())
    out.line(f"{options.name} is told of every result from now on")
    out.line(f"its secret, shown this once: {secret}")
    return 0


def _remove(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        hooks.remove(store, options.name, getpass.getuser())
    out.line(f"{options.name} is told nothing any more")
    return 0


def _list(options: Namespace, out: Output) -> int:
    table = Table("name", "address", "sites", "waiting", "dead", "problem")
    with existing_store(options.store) as store:
        for each in hooks.lines(store):
            out.entry(each)
            counts = (str(each.waiting), str(each.dead))
            table.add_row(each.name, each.url, each.sites or "all", *counts, each.problem)
        out.line(f"may be told: {', '.join(hooks.hosts(store)) or 'nobody'}")
    out.table(table)
    return 0


def _again(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        out.line(f"{hooks.again(store, options.name, time.time_ns())} will be said again")
    return 0


def _deliver(options: Namespace, _out: Output) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with existing_store(options.store) as store:
        deliverer, told = Deliverer(store, HttpsSender()), ""
        while not stop.is_set():
            try:
                taken = deliverer.deliver()
            except StoreFailed as problem:
                if str(problem) != told:
                    log.warning("%s", problem)
                told = str(problem)
                stop.wait(_AWAY_S)
                continue
            if told:
                log.info("the store is back")
            told = ""
            if not taken:
                stop.wait(_EVERY_S)
    return 0


_HOST = argument("host", metavar="HOST", help="Its name, as in the address.")
_NAME = argument("name", metavar="NAME", help="Of the hook.")

VERB = Verb(
    "webhook",
    "Tell other programs by https that a result came: identifiers, never measures.",
    example="posture-collector webhook allow records.example.org\n"
    "posture-collector webhook add records https://records.example.org/posture --site north\n"
    "posture-collector webhook deliver --store collector.db",
    arguments=(STORE,),
    steps=(
        Verb(
            "allow",
            "Let hooks tell this host, if its addresses are public.",
            example="posture-collector webhook allow records.example.org",
            run=_allow,
            arguments=(_HOST,),
        ),
        Verb(
            "disallow",
            "Tell this host nothing any more.",
            example="posture-collector webhook disallow records.example.org",
            run=_disallow,
            arguments=(_HOST,),
        ),
        Verb(
            "add",
            "Tell an address of every result from now on. Prints the secret of its signatures.",
            example="posture-collector webhook add records https://records.example.org/posture",
            run=_add,
            arguments=(
                _NAME,
                argument("url", metavar="URL", help="Where to; https, on a host of the list."),
                argument(
                    "--site",
                    action="append",
                    default=[],
                    help="Of this site alone; several may be given.",
                ),
            ),
        ),
        Verb(
            "remove",
            "Forget a hook and what waits for it.",
            example="posture-collector webhook remove records",
            run=_remove,
            arguments=(_NAME,),
        ),
        Verb(
            "list",
            "List hooks, what waits, what was given up, and why.",
            example="posture-collector webhook list --store collector.db",
            run=_list,
            json="array",
            inputs="store",
        ),
        Verb(
            "again",
            "Say again what was given up.",
            example="posture-collector webhook again records",
            run=_again,
            arguments=(_NAME,),
        ),
        Verb(
            "deliver",
            "Deliver until stopped. Several may run.",
            example="posture-collector webhook deliver --store collector.db",
            run=_deliver,
        ),
    ),
)
