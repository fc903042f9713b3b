"""`posture-collector site`: what an operator does to set up a site and its stations."""

from __future__ import annotations

from argparse import Namespace
from base64 import b64decode
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE
from posture_tools.collector.opening import open_store
from posture_tools.collector.site import doctor, renew, site
from posture_tools.collector.site.about import SiteFile, load
from posture_tools.collector.site.authority import read_authority
from posture_tools.collector.trust import let_unsigned
from posture_tools.collector.verbs.site_brokers import BROKERS
from posture_tools.collector.verbs.site_words import FOLDER, OWN, addresses, own, tell_of

from edge.errors import SettingsInvalid, StationUnreachable
from edge.mqtt.address import plain_host
from edge.wire.keys import fingerprint
from edge.wire.topics import topic_level


def _init(options: Namespace, out: Output) -> int:
    if not 1 <= options.port <= 65_535:
        raise SettingsInvalid(f"{options.port} is no port.", "Mostly it is 8883.")
    if not (options.host or options.broker):
        raise SettingsInvalid(
            "Stations must find a broker.", "Give its --host, or a --broker for each of several."
        )
    name = topic_level(options.site, "--site")
    brokers, balancers = (addresses(each) for each in (options.broker, options.balancer))
    hosts = tuple(map(plain_host, options.host))
    about = SiteFile(name, hosts, options.port, brokers, balancers, options.home_assistant)
    with open_store(options.store) as store:
        site.init(options.folder, store, about, own(options))
    away = options.folder / site.OFFLINE
    out.line(f"{options.folder}: carry {away} away from this machine, and keep it")
    return 0


def _add(options: Namespace, out: Output) -> int:
    name = topic_level(options.station, "STATION")
    with open_store(options.store) as store:
        out.line(str(site.add(options.folder, store, name, replace=options.replace)))
    return 0


def _approve(options: Namespace, out: Output) -> int:
    name = load(options.folder).site
    with open_store(options.store) as store:
        site.approve(store, name, options.station, options.fingerprint)
    out.line(f"{options.station} is trusted")
    return 0


def _revoke(options: Namespace, out: Output) -> int:
    with open_store(options.store) as store:
        elsewhere = site.revoke(options.folder, store, options.station)
    out.line(f"{options.station} is revoked")
    tell_of(elsewhere, out)
    return 0


def _let_unsigned(options: Namespace, out: Output) -> int:
    place = (load(options.folder).site, topic_level(options.station, "STATION"))
    with open_store(options.store) as store:
        store.change(lambda db: let_unsigned(db, place))
    out.line(f"{options.station} is heard without signatures; update it soon")
    return 0


def _rotate(options: Namespace, out: Output) -> int:
    name = load(options.folder).site
    serial = site.rotate(options.folder, options.site_key, options.role, name)
    out.line(f"{options.role} key {serial}; start again what uses it")
    return 0


def _renew(options: Namespace, out: Output) -> int:
    """The order matters: nobody is asked to trust what is shown before it was told."""
    folder, offline = options.folder, options.authority
    if options.new_authority:
        renew.begin_authority(folder, offline)
    else:
        read_authority(offline)  # before any password is another
    missed = []
    with open_store(options.store) as store:
        for each in renew.tell(folder, store, ca=options.new_authority):
            out.line(f"{each.station}: {each.problem or 'has the new ones'}")
            missed += [each.station] if each.problem else []
    renew.own_passwords(folder)
    if options.new_authority and missed and not options.leave_behind:
        raise StationUnreachable(
            f"{', '.join(missed)} would not know the new authority: the old one is still shown.",
            "Say it again when they are there, or with --leave-behind.",
        )
    elsewhere = renew.certify(folder, offline, next_authority=options.new_authority)
    out.line("the broker has a new certificate")
    tell_of(elsewhere, out)
    return 1 if missed else 0


def _doctor(options: Namespace, out: Output) -> int:
    good = True
    for each in doctor.findings(options.folder):
        good &= each.ok
        out.entry(each)
        remedy = f" {each.remedy}" if each.remedy else ""
        out.line(f"{'ok  ' if each.ok else 'FAIL'} {each.name}: {each.found}{remedy}")
    return 0 if good else 1


def _list(options: Namespace, out: Output) -> int:
    name = (load(options.folder).site,)
    with open_store(options.store) as store:
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
                    default=[],
                    help="A name or address by which stations reach the broker. Give all of them; "
                    "beside several brokers, names that stand in every certificate.",
                ),
                argument("--port", type=int, default=8883, help="The broker's port."),
                argument(
                    "--broker",
                    action="append",
                    default=[],
                    metavar="HOST:PORT",
                    help="One of several brokers, each with a folder of files. They know nothing "
                    "of each other, and stations try them in turn.",
                ),
                argument(
                    "--balancer",
                    action="append",
                    default=[],
                    metavar="HOST:PORT",
                    help="What stands before the brokers: stations are given these addresses "
                    "instead. Give two, or the balancer is one thing whose end ends all.",
                ),
                argument(
                    "--home-assistant",
                    action="store_true",
                    help="Let Home Assistant read state and health of stations, never measures.",
                ),
                *OWN,
            ),
        ),
        BROKERS,
        Verb(
            "add",
            "Make the folder for a station's boot partition.",
            example="posture-collector site add site hall-1",
            run=_add,
            arguments=(
                FOLDER,
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
                FOLDER,
                _STATION,
                argument("fingerprint", metavar="FINGERPRINT", help="As the station shows it."),
            ),
        ),
        Verb(
            "revoke",
            "End a station's connection, and believe nothing of it any more.",
            example="posture-collector site revoke site hall-1",
            run=_revoke,
            arguments=(FOLDER, _STATION),
        ),
        Verb(
            "let-unsigned",
            "Hear a station of version 0.1, which cannot sign. Start the collector again.",
            example="posture-collector site let-unsigned site hall-1",
            run=_let_unsigned,
            arguments=(FOLDER, _STATION),
        ),
        Verb(
            "rotate",
            "Make a new key for receipts or commands; it retires the one before.",
            example="posture-collector site rotate site receipt --site-key /media/stick/site.pem",
            run=_rotate,
            arguments=(
                FOLDER,
                argument("role", choices=("receipt", "command"), help="What the key signs."),
                _SITE_KEY,
            ),
        ),
        Verb(
            "renew",
            "Give every station that is reached a new password, and the broker a new certificate. "
            "The old ones work until the new ones are known. The exit status is 1 where a station "
            "was not reached: it keeps its old password.",
            example="posture-collector site renew site --authority /media/stick/offline\n"
            "posture-collector site renew site --authority /media/stick/offline --new-authority",
            run=_renew,
            arguments=(
                FOLDER,
                argument(
                    "--authority",
                    type=Path,
                    required=True,
                    metavar="FOLDER",
                    help="The folder `offline`, wherever you keep it.",
                ),
                argument(
                    "--new-authority",
                    action="store_true",
                    help="Replace the authority too, once every station knows the new one.",
                ),
                argument(
                    "--leave-behind",
                    action="store_true",
                    help="Do not wait for who is not reached: it needs a new boot partition.",
                ),
            ),
        ),
        Verb(
            "doctor",
            "Check the site's files: certificates' dates and names, rights of key files, grants, "
            "the clock. The exit status is 1 where something is wrong.",
            example="posture-collector site doctor site",
            run=_doctor,
            waits="checking",
            arguments=(FOLDER,),
            json="array",
            inputs="folder",
        ),
        Verb(
            "list",
            "Say which station is trusted, and which waits for approval.",
            example="posture-collector site list site",
            run=_list,
            arguments=(FOLDER,),
            json="array",
            inputs="folder",
        ),
    ),
)
