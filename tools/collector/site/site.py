"""Setting up a site; adding, approving, revoking its stations. See docs/site.md."""

from __future__ import annotations

import os
import secrets
import signal
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from posture_tools.collector.body import now
from posture_tools.collector.site import authority, broker_files, units
from posture_tools.collector.site.about import BrokerPlace, SiteFile, load
from posture_tools.collector.store import Store
from posture_tools.collector.trust import trust, withdraw
from posture_tools.collector.worker_settings import WorkerSettings

from edge.errors import SettingsInvalid
from edge.files import make_folder, write_durably, write_toml
from edge.mqtt.settings import MqttSettings, brokers_at
from edge.settings import TrustSettings
from edge.wire.codec import encode
from edge.wire.grant import Granted, grant
from edge.wire.keys import Signer, fingerprint, public_pem

OFFLINE = "offline"  # site.pem: to be carried to another place, and away from here
KEYS = "keys"
STATIONS = "stations"
SITE_PUBLIC = "site-key.pem"
SECRETS = ("password", "passwords", "token", "posture.toml", "site.pem", "receipt.pem",
           "command.pem")  # fmt: skip
_PASSWORD = "password"  # noqa: S105 - a file's name


class DeskFile(msgspec.Struct, frozen=True):
    """station.toml: settings for a station that is no appliance; its files lie beside it."""

    site: str
    station: str
    mqtt: MqttSettings
    trust: TrustSettings


class BootFile(msgspec.Struct, frozen=True):
    """posture.toml: all that the boot partition of an appliance brings, in one file."""

    site: str
    station: str
    broker: str | list[str]
    token: str
    ca: str
    site_key: str
    enrol: str


class OwnCertificate(msgspec.Struct, frozen=True):
    """What an operator brings who has an authority: its certificate, and the broker's with its
    key."""

    ca: Path
    certificate: Path
    key: Path


def init(folder: Path, store: Store, about: SiteFile, own: OwnCertificate | None = None) -> None:
    """Make keys, authority and the broker's files, and close the site to strangers.

    own : used instead of a new authority.

    Raises
    ------
    SettingsInvalid : the folder is not empty, for keys are never overwritten; or the certificate
        of one's own cannot be used.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsInvalid(f"{folder} is not empty.", "Name a folder that is not there yet.")
    given = None if own is None else authority.read_own(own.ca, own.certificate, own.key)
    folders = [(place.folder, 0o755) for place in about.places]
    for name, mode in ((OFFLINE, 0o700), (KEYS, 0o700), (STATIONS, 0o700), *folders):
        make_folder(folder / name)
        (folder / name).chmod(mode)
    site = about.site
    signer = Signer.new()
    write_durably(folder / OFFLINE / "site.pem", signer.pem(), mode=0o600)
    write_durably(folder / SITE_PUBLIC, public_pem(signer.public), mode=0o644)
    for role in ("receipt", "command"):
        rotate(folder, folder / OFFLINE / "site.pem", role, site)
    if given is None:
        authority.make_authority(folder / OFFLINE, site)
        write_durably(folder / "ca.pem", (folder / OFFLINE / "ca.pem").read_bytes(), mode=0o644)
    else:
        write_durably(folder / "ca.pem", given[0], mode=0o644)
    for place in about.places:
        broker_files.write_broker(folder, place, given or folder / OFFLINE)
    broker_files.write_access(folder, about)
    write_toml(folder / "site.toml", about)
    for user, name in broker_files.people(about.home_assistant).items():
        password = broker_files.new_password()
        set_password(folder, user, password)
        write_durably(folder / KEYS / name, password.encode(), mode=0o600)
    write_toml(folder / "collector.toml", worker(folder.absolute(), store.where, about))
    units.write(folder.absolute(), store.where, about)
    closed = "INSERT INTO closed_site VALUES (?) ON CONFLICT DO NOTHING"
    store.change(lambda db: db.execute(closed, (site,)))


def rotate(folder: Path, site_key: Path, role: Granted, site: str) -> int:
    """A new key of this role, granted by the site key; the serial, which retires all before it.

    site_key : wherever the operator keeps it.
    """
    signer = Signer.new()
    serial = int(datetime.now(UTC).timestamp())
    given = grant(Signer.load(site_key), role, site, signer.public, serial)
    write_durably(folder / KEYS / f"{role}.pem", signer.pem(), mode=0o600)
    write_durably(folder / KEYS / f"{role}.grant", encode(given), mode=0o644)
    return serial


def worker(folder: Path, store: str, about: SiteFile) -> WorkerSettings:
    """collector.toml: every worker of the site may have it. All paths from the root."""
    keys = folder / KEYS
    return WorkerSettings(
        about.site, store,
        tuple(login(folder, place, broker_files.COLLECTOR_USER) for place in about.places),
        str(keys), home_assistant=about.home_assistant,
    )  # fmt: skip


def operator_login(folder: Path) -> MqttSettings:
    """The operator's login at every broker of the site."""
    first, *others = load(folder).places
    there = login(folder, first, broker_files.OPERATOR_USER)
    return msgspec.structs.replace(there, also=tuple(place.address for place in others))


def login(folder: Path, place: BrokerPlace, user: str) -> MqttSettings:
    """The login of a user that is no station, at one broker."""
    return MqttSettings(
        host=place.host, port=place.port, username=user, tls=True,
        password_file=str(folder / KEYS / broker_files.people(True)[user]),
        ca_file=str(folder / "ca.pem"),
    )  # fmt: skip


def set_password(folder: Path, user: str, password: str | None) -> None:
    """Set a user's password in the files of every broker."""
    for place in load(folder).places:
        broker_files.set_password(folder / place.folder, user, password)


def add(folder: Path, store: Store, station: str, *, replace: bool = False) -> Path:
    """The folder for a station's boot partition, with a password and a token of its own.

    replace : another board may take the name of one that is known.

    Raises
    ------
    SettingsInvalid : the name is known, and replace was not asked for.
    """
    about = load(folder)
    place = (about.site, station)
    if store.rows("SELECT 1 FROM trusted WHERE site = ? AND station = ?", place) and not replace:
        raise SettingsInvalid(
            f"{station} is enrolled already.", "Give --replace where its board was exchanged."
        )
    target = folder / STATIONS / station
    make_folder(target)
    password, token = broker_files.new_password(), secrets.token_urlsafe(24)
    set_password(folder, station, password)
    store.change(
        lambda db: db.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?) ON CONFLICT (site, station) DO UPDATE SET"
            " token = excluded.token, replaces = excluded.replaces",
            (*place, token, int(replace)),
        )
    )
    write_durably(target / "token", token.encode(), mode=0o600)
    write_station(folder, target, password)
    reload_brokers(folder)
    return target


def password_of(target: Path) -> str:
    """Password of the station whose folder this is."""
    return (target / _PASSWORD).read_text(encoding="utf-8")


def write_station(folder: Path, target: Path, password: str) -> None:
    """The files of one station, as it needs them now. target : its folder, with its token."""
    about, station = load(folder), target.name
    write_durably(target / _PASSWORD, password.encode(), mode=0o600)
    for name in ("ca.pem", SITE_PUBLIC):
        write_durably(target / name, (folder / name).read_bytes(), mode=0o644)
    brokers = about.addresses_for(station)
    given = MqttSettings(username=station, tls=True, password_file=_PASSWORD, ca_file="ca.pem")
    mqtt = brokers_at(brokers, given)
    believes = TrustSettings(SITE_PUBLIC, "token")
    write_toml(target / "station.toml", DeskFile(about.site, station, mqtt, believes))
    ca, site_key, token = (
        (target / name).read_text("ascii") for name in ("ca.pem", SITE_PUBLIC, "token")
    )
    named: str | list[str] = brokers[0] if len(brokers) == 1 else list(brokers)
    boot = BootFile(about.site, station, named, password, ca, site_key, token)
    write_toml(target / "posture.toml", boot, mode=0o600)


def approve(store: Store, site: str, station: str, given: str) -> None:
    """Trust the key that a station shows, if its fingerprint is the one that a person read there.

    Raises
    ------
    SettingsInvalid : it shows none, or another.
    """
    shown = store.rows(
        "SELECT key FROM pending_key WHERE site = ? AND station = ?", (site, station)
    )
    if not shown:
        raise SettingsInvalid(f"{station} shows no key that waits for approval.", "Is it online?")
    key = str(shown[0][0])
    if fingerprint(b64decode(key)) != given.strip().lower():
        raise SettingsInvalid(
            f"{station} shows another key than {given}.",
            "Read the fingerprint at the station itself: `posture-station doctor`.",
        )
    at = now()
    store.change(lambda db: trust(db, (site, station), key, "approved", at))


def revoke(folder: Path, store: Store, station: str) -> list[str]:
    """End the station's connection, and believe nothing of it any more; folders of brokers that
    run elsewhere, and must be told. What arrives afterwards is refused whatever has signed it."""
    about = load(folder)
    place = (about.site, station)

    store.change(lambda db: withdraw(db, place))
    set_password(folder, station, None)
    return reload_brokers(folder)


def reload_brokers(folder: Path) -> list[str]:
    """Have every mosquitto that runs here read its files again, which ends the connection of a user
    that is gone; folders of those that do not run here."""
    elsewhere = []
    for place in load(folder).places:
        try:
            pid = int((folder / place.folder / "mosquitto.pid").read_text(encoding="ascii"))
            # A power cut leaves the file, and its number may be anybody's by now.
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") != "mosquitto\n":
                raise ProcessLookupError
            os.kill(pid, signal.SIGHUP)
        except (OSError, ValueError):
            elsewhere.append(place.folder)
    return elsewhere
