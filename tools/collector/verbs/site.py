"""`posture-collector site`: what an operator does to set up a site and its stations."""

from __future__ import annotations

from argparse import Namespace
from base64 import b64decode
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE
from posture_tools.collector.site import site
from posture_tools.collector.store import Store
from posture_tools.collector.trust import let_unsigned

from edge.errors import SettingsInvalid
from edge.wire.keys import fingerprint
from edge.wire.topics import topic_level


def _init(options: Namespace, out: Output) -> int:
    if not 1 <= options.port <= 65_535:
        raise SettingsInvalid(f"{options.port} is no port.", "Mostly it is 8883.")
    name = topic_level(options.site, "--site")
    with Store(options.store) as store:
        site.init(options.folder, store, name, options.host, options.port)
    away = options.folder / site.OFFLINE
    out.line(f"{options.folder}: carry {away} away from this machine, and keep it")
    return 0


def _add(options: Namespace, out: Output) -> int:
    name = topic_level(options.station, "STATION")
    with Store(options.store) as store:
        out.line(str(site.add(options.folder, store, name, replace=options.replace)))
    return 0


def _approve(options: Namespace, out: Output) -> int:
    name = site.load(options.folder).site
    with Store(options.store) as store:
        site.approve(store, name, options.station, options.fingerprint)
    out.line(f"{options.station} is trusted")
    return 0


def _revoke(options: Namespace, out: Output) -> int:
    with Store(options.store) as store:
        told = site.revoke(options.folder, store, options.station)
    out.line(f"{options.station} is revoked")
    if not told:
        out.note("No broker runs here: `systemctl reload posture-broker` where it does.")
    return 0


def _let_unsigned(options: Namespace, out: Output) -> int:
    place = (site.load(options.folder).site, topic_level(options.station, "STATION"))
    with Store(options.store) as store:
        store.change(lambda db: let_unsigned(db, place))
    out.line(f"{options.station} is heard without signatures; update it soon")
    return 0


def _rotate(options: Namespace, out: Output) -> int:
    name = site.load(options.folder).site
    serial = site.rotate(options.folder, options.site_key, options.role, name)
    out.line(f"{options.role} key {serial}; start again what uses it")
    return 0


def _list(options: Namespace, out: Output) -> int:
    name = (site.load(options.folder).site,)
    with Store(options.store) as store:
        trusted = store.rows(
            "SELECT station, key, how, revoked, since FROM trusted WHERE site = ? ORDER BY station",
            name,
        )
        waiting = store.rows(
            "SELECT station, key, since FROM pending_key WHERE site = ? ORDER BY station", name
        )
    for station, key, how, revoked, since in trusted:
        said = "revoked" if revoked else f"trusted by {how}" if key else "unsigned (0.1)"
        _told(out, station, said, key, since)
    for station, key, since in waiting:
        _told(out, station, "waits for approval", key, since)
    return 0


def _told(out: Output, station: str, said: str, key: str, since: str) -> None:
    print_of = fingerprint(b64decode(key)) if key else ""
    out.entry({"station": station, "state": said, "fingerprint": print_of, "since": since})
    out.line(" ".join(filter(None, (station, said, print_of, since))))


_FOLDER = argument("folder", type=Path, metavar="SITE_FOLDER", help="What `site init` wrote.")
_STATION = argument("station", metavar="STATION", help="The station's name.")
_SITE_KEY = argument(
    "--site-key", type=Path, required=True, metavar="FILE",
    help="The site key, `site.pem`, wherever you keep it.",
)  # fmt: skip

VERB = Verb(
    "site",
    "Set up a site: its keys, its certificates, its broker's files, and its stations. "
    "docs/site.md goes through it step by step.",
    example="posture-collector site init site --site north --host broker.example\n"
    "posture-collector site add site hall-1",
    arguments=(STORE,),
    steps=(
        Verb(
            "init",
            "Make keys, certificates and the broker's files in a new folder, and close the site to "
            "stations that are not enrolled.",
            example="posture-collector site init site --site north --host broker.example "
            "--host 192.0.2.7",
            run=_init,
            arguments=(
                argument(
                    "folder", type=Path, metavar="SITE_FOLDER", help="A folder that is not there."
                ),
                argument("--site", required=True, metavar="NAME", help="The name of the site."),
                argument(
                    "--host",
                    action="append",
                    required=True,
                    help="A name or address by which stations reach the broker. Give all of them.",
                ),
                argument("--port", type=int, default=8883, help="The broker's port."),
            ),
        ),
        Verb(
            "add",
            "Make the folder for a station's boot partition.",
            example="posture-collector site add site hall-1",
            run=_add,
            arguments=(
                _FOLDER,
                _STATION,
                argument(
                    "--replace",
                    action="store_true",
                    help="Another board may take the name: it was exchanged.",
                ),
            ),
        ),
        Verb(
            "approve",
            "Trust the key that a station shows, once you have compared its fingerprint there.",
            example="posture-collector site approve site hall-1 "
            "1f0a-22c3-9d5e-77b1-0c64-e8a2-5b3d-91f7",
            run=_approve,
            arguments=(
                _FOLDER,
                _STATION,
                argument("fingerprint", metavar="FINGERPRINT", help="As the station shows it."),
            ),
        ),
        Verb(
            "revoke",
            "End a station's connection, and believe nothing of it any more.",
            example="posture-collector site revoke site hall-1",
            run=_revoke,
            arguments=(_FOLDER, _STATION),
        ),
        Verb(
            "let-unsigned",
            "Hear a station of version 0.1, which cannot sign. Start the collector again.",
            example="posture-collector site let-unsigned site hall-1",
            run=_let_unsigned,
            arguments=(_FOLDER, _STATION),
        ),
        Verb(
            "rotate",
            "Make a new key for receipts or commands; it retires the one before.",
            example="posture-collector site rotate site receipt --site-key /media/stick/site.pem",
            run=_rotate,
            arguments=(
                _FOLDER,
                argument("role", choices=("receipt", "command"), help="What the key signs."),
                _SITE_KEY,
            ),
        ),
        Verb(
            "list",
            "Say which station is trusted, and which waits for approval.",
            example="posture-collector site list site",
            run=_list,
            arguments=(_FOLDER,),
            json="array",
            inputs="folder",
        ),
    ),
)
