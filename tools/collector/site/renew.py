"""New passwords, a new certificate, a new authority, told to the stations that are reached.

Until a station has answered, its old password works; until all have, the broker shows a certificate
of the old authority. Who was not reached is named, and told at the next try.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posture_tools.collector.command import send
from posture_tools.collector.site import authority, broker_files, site
from posture_tools.collector.store import Store
from posture_tools.collector.worker_key import load_granted

from edge.files import write_durably
from edge.mqtt.settings import MqttSettings
from edge.wire.messages import RenewCommand

_NEXT = "ca-next"


@dataclass(frozen=True, slots=True)
class Reached:
    """One station. problem : why not; '' where it has what is new."""

    station: str
    problem: str


def login(folder: Path) -> MqttSettings:
    """Of the operator, at the broker of this site."""
    about = site.load(folder)
    return MqttSettings(
        host=about.hosts[0], port=about.port, username=broker_files.OPERATOR_USER, tls=True,
        password_file=str(folder / site.KEYS / "operator.password"),
        ca_file=str(folder / "ca.pem"),
    )  # fmt: skip


def begin_authority(folder: Path, offline: Path) -> None:
    """Make the next one, unless an earlier try did, and have everybody here trust both."""
    if (offline / f"{_NEXT}.pem").exists():
        return
    authority.make_authority(offline, site.load(folder).site, _NEXT)
    both = (folder / "ca.pem").read_bytes() + (offline / f"{_NEXT}.pem").read_bytes()
    write_durably(folder / "ca.pem", both, mode=0o644)


def tell(folder: Path, store: Store, mqtt: MqttSettings, *, ca: bool) -> Iterator[Reached]:
    """A new password for each station, and with `ca` whom to trust; one after the other.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : the broker; who was told before has it.
    """
    about = site.load(folder)
    key = load_granted(folder / site.KEYS, "command")
    bundle = (folder / "ca.pem").read_text("ascii") if ca else ""
    for target in sorted((folder / site.STATIONS).iterdir()):
        station, password = target.name, broker_files.new_password()
        told = RenewCommand(password=password, ca=bundle)
        for _, response in send(
            mqtt, about.site, [station], "renew", told, number=store.next_number(), key=key
        ):
            if response is None:
                yield Reached(station, "no answer")
            elif not response.ok:
                yield Reached(station, response.problem)
            else:
                broker_files.set_password(folder / site.BROKER, station, password)
                site.write_station(folder, target, password)
                site.reload_broker(folder)
                yield Reached(station, "")


def certify(folder: Path, offline: Path, *, next_authority: bool) -> bool:
    """A new certificate for the broker; whether a running one was told."""
    if next_authority:
        for end in (".pem", ".key"):
            (offline / f"{_NEXT}{end}").replace(offline / f"ca{end}")
    hosts = site.load(folder).hosts
    authority.certify_broker(offline, folder / site.BROKER / "broker", hosts)
    broker_files.hand_over(folder / site.BROKER)
    return site.reload_broker(folder)


def own_passwords(folder: Path) -> None:
    """Of collector and operator; both read theirs at each connection."""
    for user, name in broker_files.PEOPLE.items():
        password = broker_files.new_password()
        write_durably(folder / site.KEYS / name, password.encode(), mode=0o600)
        broker_files.set_password(folder / site.BROKER, user, password)
    site.reload_broker(folder)
