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
from posture_tools.collector.site.about import load
from posture_tools.collector.store import Store
from posture_tools.collector.worker_key import load_granted

from edge.files import write_durably
from edge.wire.commands import RenewCommand

_NEXT = "ca-next"


@dataclass(frozen=True, slots=True)
class Reached:
    """One station. problem : why not; '' where it has what is new."""

    station: str
    problem: str


def begin_authority(folder: Path, offline: Path) -> None:
    """Make the next one, unless an earlier try did, and have everybody here trust both."""
    if (offline / f"{_NEXT}.pem").exists():
        return
    authority.make_authority(offline, load(folder).site, _NEXT)
    both = (folder / "ca.pem").read_bytes() + (offline / f"{_NEXT}.pem").read_bytes()
    write_durably(folder / "ca.pem", both, mode=0o644)


def tell(folder: Path, store: Store, *, ca: bool) -> Iterator[Reached]:
    """A new password for each station, and with `ca` whom to trust; one after the other.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : the broker; who was told before has it.
    """
    about, mqtt = load(folder), site.operator_login(folder)
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
                site.set_password(folder, station, password)
                site.write_station(folder, target, password)
                site.reload_brokers(folder)
                yield Reached(station, "")


def certify(folder: Path, offline: Path, *, next_authority: bool) -> list[str]:
    """A new certificate for every broker; folders of those that run elsewhere."""
    if next_authority:
        for end in (".pem", ".key"):
            (offline / f"{_NEXT}{end}").replace(offline / f"ca{end}")
    for place in load(folder).places:
        authority.certify_broker(offline, folder / place.folder / "broker", place.names)
        broker_files.hand_over(folder / place.folder)
    return site.reload_brokers(folder)


def own_passwords(folder: Path) -> None:
    """Renew the passwords of collector, operator and Home Assistant; the first two read theirs at
    each connection."""
    for user, name in broker_files.people(load(folder).home_assistant).items():
        password = broker_files.new_password()
        write_durably(folder / site.KEYS / name, password.encode(), mode=0o600)
        site.set_password(folder, user, password)
    site.reload_brokers(folder)
