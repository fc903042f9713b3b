"""Setting up a site; adding, approving, revoking its stations. See docs/site.md."""

from __future__ import annotations

import os
import secrets
import signal
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from posture_tools.collector.body import now
from posture_tools.collector.site import authority, broker_files, units
from posture_tools.collector.store import Store
from posture_tools.collector.trust import trust, withdraw

from edge.errors import SettingsInvalid
from edge.files import make_folder, write_durably, write_toml
from edge.mqtt.address import address
from edge.mqtt.settings import MqttSettings
from edge.settings import TrustSettings
from edge.wire.grant import Granted, grant
from edge.wire.keys import Signer, fingerprint, load_public, public_pem
from edge.wire.messages import encode

OFFLINE = "offline"  # site.pem: to be carried to another place, and away from here
KEYS = "keys"
BROKER = "broker"
STATIONS = "stations"
SITE_PUBLIC = "site-key.pem"
SECRETS = ("password", "passwords", "token", "posture.toml", "site.pem", "receipt.pem",
           "command.pem")  # fmt: skip
_PASSWORD = "password"  # noqa: S105 - a file's name


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was settled at `init`."""

    site: str
    hosts: tuple[str, ...]
    port: int


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
    broker: str
    token: str
    ca: str
    site_key: str
    enrol: str


class OwnCertificate(msgspec.Struct, frozen=True):
    """Of an operator who has an authority: its certificate, and the broker's with its key."""

    ca: Path
    certificate: Path
    key: Path


def init(folder: Path, store: Store, about: SiteFile, own: OwnCertificate | None = None) -> None:
    """Make keys, authority and the broker's files, and close the site to strangers.

    own : used instead of a new authority.

    Raises
    ------
    SettingsInvalid : the folder is not empty. Keys are never overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsInvalid(f"{folder} is not empty.", "Name a folder that is not there yet.")
    for name, mode in ((OFFLINE, 0o700), (KEYS, 0o700), (BROKER, 0o755), (STATIONS, 0o700)):
        make_folder(folder / name)
        (folder / name).chmod(mode)
    site, hosts, port = about.site, about.hosts, about.port
    signer = Signer.new()
    write_durably(folder / OFFLINE / "site.pem", signer.pem(), mode=0o600)
    write_durably(folder / SITE_PUBLIC, public_pem(signer.public), mode=0o644)
    for role in ("receipt", "command"):
        rotate(folder, folder / OFFLINE / "site.pem", role, site)
    if own is None:
        authority.make_authority(folder / OFFLINE, site)
        write_durably(folder / "ca.pem", (folder / OFFLINE / "ca.pem").read_bytes(), mode=0o644)
        authority.certify_broker(folder / OFFLINE, folder / BROKER / "broker", hosts)
    else:
        for name, path, mode in (
            ("ca.pem", own.ca, 0o644),
            (f"{BROKER}/broker.pem", own.certificate, 0o644),
            (f"{BROKER}/broker.key", own.key, 0o600),
        ):
            write_durably(folder / name, _read(path), mode=mode)
    at = (folder / BROKER).absolute()
    write_durably(at / "mosquitto.conf", broker_files.configuration(at, port).encode(), mode=0o644)
    write_durably(at / "acl", broker_files.access(site).encode(), mode=0o600)
    for user, name in broker_files.PEOPLE.items():
        password = broker_files.new_password()
        broker_files.set_password(at, user, password)
        write_durably(folder / KEYS / name, password.encode(), mode=0o600)
    broker_files.hand_over(at)
    units.write(folder.absolute(), store.where, site, hosts[0], port)
    write_toml(folder / "site.toml", about)
    closed = "INSERT INTO closed_site VALUES (?) ON CONFLICT DO NOTHING"
    store.change(lambda db: db.execute(closed, (site,)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsInvalid(
            f"{path} cannot be read: {error.strerror}.", "Name the certificate's own files."
        ) from error


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


def load(folder: Path) -> SiteFile:
    """Raises SettingsInvalid where `init` has not been here."""
    try:
        return msgspec.toml.decode((folder / "site.toml").read_bytes(), type=SiteFile)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsInvalid(
            f"{folder} is no site: {error}.", "Name the folder that `site init` wrote."
        ) from error


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
    broker_files.set_password(folder / BROKER, station, password)
    store.change(
        lambda db: db.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?) ON CONFLICT (site, station) DO UPDATE SET"
            " token = excluded.token, replaces = excluded.replaces",
            (*place, token, int(replace)),
        )
    )
    write_durably(target / "token", token.encode(), mode=0o600)
    write_station(folder, target, password)
    reload_broker(folder)
    return target


def write_station(folder: Path, target: Path, password: str) -> None:
    """The files of one station, as it needs them now. target : its folder, with its token."""
    about, station = load(folder), target.name
    write_durably(target / _PASSWORD, password.encode(), mode=0o600)
    for name in ("ca.pem", SITE_PUBLIC):
        write_durably(target / name, (folder / name).read_bytes(), mode=0o644)
    mqtt = MqttSettings(
        host=about.hosts[0], port=about.port, username=station, tls=True,
        password_file=_PASSWORD, ca_file="ca.pem",
    )  # fmt: skip
    believes = TrustSettings(SITE_PUBLIC, "token")
    write_toml(target / "station.toml", DeskFile(about.site, station, mqtt, believes))
    ca, site_key, token = (
        (target / name).read_text("ascii") for name in ("ca.pem", SITE_PUBLIC, "token")
    )
    broker = address(about.hosts[0], about.port)
    boot = BootFile(about.site, station, broker, password, ca, site_key, token)
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


def revoke(folder: Path, store: Store, station: str) -> bool:
    """End the station's connection, and believe nothing of it any more; whether the broker was
    told. What arrives afterwards is refused whatever it is signed with."""
    about = load(folder)
    place = (about.site, station)

    store.change(lambda db: withdraw(db, place))
    broker_files.set_password(folder / BROKER, station, None)
    return reload_broker(folder)


def reload_broker(folder: Path) -> bool:
    """Have a running mosquitto read its files again, which ends the connection of a user that is
    gone; False where none runs here."""
    pid_file = folder / BROKER / "mosquitto.pid"
    with suppress(OSError, ValueError):
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
        return True
    return False


def public_key_of(folder: Path) -> str:
    """The site key's fingerprint, to compare with what a station says it believes."""
    return fingerprint(load_public(folder / SITE_PUBLIC))
