"""`posture-collector serve`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import BROKER, STORE, broker_and_site

from edge.errors import SettingsInvalid

if TYPE_CHECKING:
    from posture_tools.pages.sign_on import SignOn


def run(options: Namespace, _out: Output) -> int:
    from posture_tools.pages.config import PagesConfig
    from posture_tools.pages.serve import serve

    mqtt, site = broker_and_site(options) if options.commands else (None, "")
    config = PagesConfig(
        store=options.store,
        host=options.host,
        port=options.port,
        proxy=options.behind_proxy,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        plain=options.plain,
        names=tuple(options.name),
        time_zone=options.time_zone,
        idle_minutes=options.idle_minutes,
        second_factor=options.second_factor,
        sign_on=_sign_on(options),
        site=site,
        mqtt=mqtt,
        keys=options.keys,
        uploads=options.uploads,
    )
    serve(config, lambda address: print(f"pages at {address}", flush=True))
    return 0


def _sign_on(options: Namespace) -> SignOn | None:
    from posture_tools.pages.sign_on import SignOn

    if not options.sign_on:
        return None
    path = options.sign_on_secret_file
    if not options.sign_on_client or path is None:
        raise SettingsInvalid(
            "A provider knows these pages by a client and its secret.",
            "Give --sign-on-client and --sign-on-secret-file.",
        )
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path} cannot be read: {error}.") from error
    return SignOn(options.sign_on, options.sign_on_client, secret, options.sign_on_claim)


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
            nargs="?",
            const="127.0.0.1",
            default="",
            metavar="ADDRESS",
            help="A proxy ends TLS and sets X-Forwarded-Proto and X-Forwarded-For. It is on this "
            "machine, or has this address; from others both are ignored.",
        ),
        argument(
            "--tls-cert",
            type=Path,
            metavar="FILE",
            help="End TLS here, with this certificate and its chain.",
        ),
        argument("--tls-key", type=Path, metavar="FILE", help="The key of that certificate."),
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
            "--time-zone",
            default="UTC",
            metavar="NAME",
            help="Show times, and take days, as in this zone: Asia/Seoul. The default is UTC.",
        ),
        argument(
            "--idle-minutes",
            type=int,
            default=20,
            metavar="N",
            help="Log an account out after so long without a page. The default is 20.",
        ),
        argument(
            "--second-factor",
            action="store_true",
            help="Every account needs a second factor. Without this each decides for itself.",
        ),
        argument(
            "--sign-on",
            default="",
            metavar="ISSUER",
            help="Let this OpenID Connect provider vouch for the names of accounts.",
        ),
        argument(
            "--sign-on-client",
            default="",
            metavar="ID",
            help="As these pages are registered there.",
        ),
        argument(
            "--sign-on-secret-file",
            type=Path,
            metavar="FILE",
            help="The secret of that registration.",
        ),
        argument(
            "--sign-on-claim",
            default="preferred_username",
            metavar="CLAIM",
            help="Which claim is the name of the account. The default is preferred_username.",
        ),
    ),
    extra="pages",
)
