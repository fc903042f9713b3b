"""Brokers that a site gets later, and their access rules after an upgrade.

A broker's passwords are salted hashes, which hold at every broker: a new one gets a copy, and
nobody a new password. The first broker of a site that began with one keeps its folder and
certificate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from posture_tools.collector.site import authority, broker_files, site, units
from posture_tools.collector.site.about import BrokerPlace, SiteFile, load
from posture_tools.collector.worker_settings import load_worker_settings

from edge.files import make_folder, write_durably, write_toml


def rewrite_access(folder: Path) -> list[str]:
    """Write the access rules as this version needs them; returns folders of brokers that run
    elsewhere and must be told."""
    broker_files.write_access(folder, load(folder))
    return site.reload_brokers(folder)


def add_brokers(
    folder: Path, addresses: Sequence[str], certificate: Path | site.OwnCertificate
) -> list[BrokerPlace]:
    """Write the files of brokers that the site does not know yet, and name them to the workers and
    in the folders of the stations. Edited settings of the worker stay.

    addresses : HOST:PORT. certificate : the folder `offline`, or one of one's own.

    Raises
    ------
    SettingsInvalid : the certificate or the authority cannot be used; nothing was written.
    """
    known = load(folder)
    wider, new = _wider(known, addresses)
    given: Path | authority.OwnFiles
    if isinstance(certificate, Path):
        authority.read_authority(certificate)
        given = certificate
    else:
        given = authority.read_own(certificate.ca, certificate.certificate, certificate.key)
    settings = load_worker_settings(folder / "collector.toml")
    passwords = (folder / known.places[0].folder / "passwords").read_bytes()
    for place in new:
        at = folder / place.folder
        make_folder(at)
        at.chmod(0o755)
        broker_files.write_broker(folder, place, given)
        write_durably(at / "passwords", passwords, mode=0o600)
    broker_files.write_access(folder, wider)
    write_toml(folder / "site.toml", wider)
    logins = (site.login(folder.absolute(), each, broker_files.COLLECTOR_USER) for each in new)
    settings = msgspec.structs.replace(settings, broker=(*settings.broker, *logins))
    write_toml(folder / "collector.toml", settings)
    units.write(folder.absolute(), settings.store, wider)
    for target in sorted((folder / site.STATIONS).iterdir()):
        site.write_station(folder, target, site.password_of(target))
    return new


def _wider(known: SiteFile, addresses: Sequence[str]) -> tuple[SiteFile, list[BrokerPlace]]:
    """The site with these brokers too, and those of them that are new."""
    before = {place.address for place in known.places}
    fresh = [each for each in dict.fromkeys(addresses) if each not in before]
    first = known.first_folder if known.brokers else known.places[0].folder
    brokers = known.brokers or (known.places[0].address,)
    wider = msgspec.structs.replace(known, brokers=(*brokers, *fresh), first_folder=first)
    return wider, [place for place in wider.places if place.address not in before]
