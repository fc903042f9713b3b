"""`posture-collector serve`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import BROKER, STORE, broker_and_site


def run(options: Namespace, _out: Output) -> int:
    from posture_tools.pages.config import PagesConfig
    from posture_tools.pages.serve import serve

    mqtt, site = broker_and_site(options) if options.commands else (None, "")
    config = PagesConfig(
        store=options.store,
        host=options.host,
        port=options.port,
        behind_proxy=options.behind_proxy,
        plain=options.plain,
        names=tuple(options.name),
        idle_minutes=options.idle_minutes,
        site=site,
        mqtt=mqtt,
        keys=options.keys,
        uploads=options.uploads,
    )
    serve(config, lambda address: print(f"pages at {address}", flush=True))
    return 0


VERB = Verb(
    "serve",
    "Serve the pages: visits, people, stations. They read the store that `run` fills. Accounts "
    "are made by `posture-collector account`.",
    example="posture-collector serve --store collector.db",
    run=run,
    arguments=(
        STORE,
        *BROKER,
        argument("--host", default="127.0.0.1", help="Listen here. The default is this machine."),
        argument("--port", type=int, default=8400, help="And on this port. The default is 8400."),
        argument(
            "--name",
            action="append",
            default=[],
            metavar="HOST",
            help="Answer to this host name; several may be given.",
        ),
        argument(
            "--behind-proxy",
            action="store_true",
            help="A proxy on this machine ends TLS and sets X-Forwarded-Proto.",
        ),
        argument(
            "--plain",
            action="store_true",
            help="Serve other machines without TLS: only where the network is yours alone.",
        ),
        argument(
            "--commands",
            action="store_true",
            help="Let operators command the stations of --site by --broker, signed with --keys.",
        ),
        argument(
            "--uploads",
            action="store_true",
            help="Let operators upload photographs. They are measured here, and kept until they "
            "are reviewed, 7 days at most.",
        ),
        argument(
            "--idle-minutes",
            type=int,
            default=20,
            metavar="N",
            help="Log an account out after so long without a page. The default is 20.",
        ),
    ),
    extra="pages",
)
