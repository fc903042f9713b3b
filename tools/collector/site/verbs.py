"""`posture-collector site init | add | approve | revoke | rotate | list`."""

from __future__ import annotations

import argparse
from base64 import b64decode
from pathlib import Path

from posture_tools.collector.site import site
from posture_tools.collector.store import Store
from posture_tools.collector.trust import let_unsigned

from edge.errors import SettingsInvalid
from edge.wire.keys import fingerprint
from edge.wire.topics import topic_level


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The store is named with --store, as everywhere."""
    acts = parser.add_subparsers(required=True, metavar="WHAT", dest="what")

    def act(name: str, text: str) -> argparse.ArgumentParser:
        added = acts.add_parser(name, help=text, description=text)
        added.add_argument("folder", type=Path, metavar="SITE_FOLDER")
        return added

    init = act("init", "Make keys, certificates and the broker's files; close the site.")
    init.add_argument("--site", required=True, metavar="NAME")
    init.add_argument("--host", action="append", required=True,
                      help="a name or address by which stations reach the broker")  # fmt: skip
    init.add_argument("--port", type=int, default=8883)
    add = act("add", "Make the folder for a station's boot partition.")
    add.add_argument("station", metavar="STATION")
    add.add_argument("--replace", action="store_true", help="its board was exchanged")
    unsigned = act("let-unsigned", "Hear a station of version 0.1; start the collector again.")
    unsigned.add_argument("station", metavar="STATION")
    approve = act("approve", "Trust the key that a station shows.")
    approve.add_argument("station", metavar="STATION")
    approve.add_argument("fingerprint", metavar="FINGERPRINT", help="as the station shows it")
    revoke = act("revoke", "End a station's connection and believe nothing of it any more.")
    revoke.add_argument("station", metavar="STATION")
    rotate = act("rotate", "A new key for receipts or commands; it retires the one before.")
    rotate.add_argument("role", choices=("receipt", "command"))
    rotate.add_argument("--site-key", type=Path, required=True, metavar="FILE")
    act("list", "Which station is trusted, and which waits for approval.")


def run(options: argparse.Namespace, store: Store) -> int:
    folder: Path = options.folder
    match options.what:
        case "init":
            if not 1 <= options.port <= 65_535:
                raise SettingsInvalid(f"{options.port} is no port.", "Mostly it is 8883.")
            name = topic_level(options.site, "--site")
            site.init(folder, store, name, options.host, options.port)
            print(f"{folder}: carry {folder / site.OFFLINE} away from this machine, and keep it")
        case "add":
            name = topic_level(options.station, "STATION")
            print(site.add(folder, store, name, replace=options.replace))
        case "let-unsigned":
            place = (site.load(folder).site, topic_level(options.station, "STATION"))
            store.change(lambda db: let_unsigned(db, place))
            print(f"{options.station} is heard without signatures; update it soon")
        case "approve":
            site.approve(store, site.load(folder).site, options.station, options.fingerprint)
            print(f"{options.station} is trusted")
        case "revoke":
            told = site.revoke(folder, store, options.station)
            print(f"{options.station} is revoked")
            if not told:
                print("no broker runs here: `systemctl reload mosquitto` where it does")
        case "rotate":
            serial = site.rotate(folder, options.site_key, options.role, site.load(folder).site)
            print(f"{options.role} key {serial}; start again what uses it")
        case _:
            _list(store, site.load(folder).site)
    return 0


def _list(store: Store, name: str) -> None:
    for station, key, how, revoked, since in store.rows(
        "SELECT station, key, how, revoked, since FROM trusted WHERE site = ? ORDER BY station",
        (name,),
    ):
        said = "revoked" if revoked else f"trusted by {how}" if key else "unsigned (0.1)"
        print(station, said, fingerprint(b64decode(key)) if key else "", since)
    for station, key, since in store.rows(
        "SELECT station, key, since FROM pending_key WHERE site = ? ORDER BY station", (name,)
    ):
        print(station, "waits for approval", fingerprint(b64decode(key)), since)
