"""Whether a site's files are in order: dates, names, rights, grants, and the clock."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from posture_tools.collector.site import broker_files, site
from posture_tools.collector.site.about import BrokerPlace, load
from posture_tools.collector.worker_key import load_granted

from edge.errors import PostureError
from edge.mqtt import certificates as certs
from edge.wire.clock import read_clock
from edge.wire.keys import load_public

_RENEW = "`posture-collector site renew` makes it anew."


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at. ok : else remedy says what to do."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def findings(folder: Path) -> Iterator[Finding]:
    """Look at everything; one failure hides no other. Raises SettingsInvalid where there is no
    site."""
    about = load(folder)
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        *(
            (_name(place), lambda place=place: _certificate(folder, place))
            for place in about.places
        ),
        ("authority", lambda: _authority(folder)),
        ("key files", lambda: _rights(folder)),
        ("grants", lambda: _grants(folder)),
        ("access rules", lambda: _rules(folder)),
        ("offline keys", lambda: _offline(folder)),
        ("clock", _clock),
    )
    for name, look in looks:
        try:
            yield look()
        except (PostureError, OSError) as error:
            yield Finding(name, False, str(error))


def _name(place: BrokerPlace) -> str:
    return "broker certificate" if place.folder == "broker" else f"certificate of {place.folder}"


def _certificate(folder: Path, place: BrokerPlace) -> Finding:
    [first, *_] = certs.read(folder / place.folder / "broker.pem")
    name, missing = _name(place), [host for host in place.names if host not in first.names]
    if first.problem or missing:
        said = first.problem or f"it is not for {', '.join(missing)}"
        return Finding(name, False, said, _RENEW)
    soon = first.days_left < certs.SOON_DAYS
    return Finding(name, not soon, f"{', '.join(first.names)}; good for {first.days_left} days",
                   _RENEW if soon else "")  # fmt: skip


def _authority(folder: Path) -> Finding:
    problem, days = certs.worst(certs.read(folder / "ca.pem"))
    soon = days < certs.SOON_DAYS
    remedy = "`site renew --new-authority` replaces it at every station." if soon else ""
    return Finding("authority", not (problem or soon), problem or f"good for {days} days", remedy)


def _rights(folder: Path) -> Finding:
    secret = [
        path
        for path in folder.rglob("*")
        if path.suffix in (".key", ".password") or path.name in site.SECRETS
    ]
    open_ = [str(path) for path in secret if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_:
        return Finding("key files", False, f"others may read {', '.join(open_)}", "chmod 600")
    return Finding("key files", True, f"{len(secret)} secrets, each its owner's alone")


def _grants(folder: Path) -> Finding:
    public = load_public(folder / site.SITE_PUBLIC)
    for role in ("receipt", "command"):
        if not load_granted(folder / site.KEYS, role).grant.is_given_by(public):
            return Finding("grants", False, f"{role}: not of this site key", "`site rotate`.")
    return Finding("grants", True, "receipt and command key are granted by the site key")


def _rules(folder: Path) -> Finding:
    """Rules added by hand are the operator's affair; one that this version needs must be there."""
    about = load(folder)
    wanted = set(broker_files.access(about.site, home_assistant=about.home_assistant).splitlines())
    old = [
        place.folder
        for place in about.places
        if wanted - set((folder / place.folder / "acl").read_text("utf-8").splitlines())
    ]
    if old:
        return Finding("access rules", False, f"those of {', '.join(old)} are an older version's",
                       "`posture-collector site brokers` writes them anew.")  # fmt: skip
    return Finding("access rules", True, "as this version needs them")


def _offline(folder: Path) -> Finding:
    here = sorted(path.name for path in (folder / site.OFFLINE).glob("*"))
    if here:
        return Finding("offline keys", False, f"{', '.join(here)} still lie here",
                       "Carry them to another place, and away from this machine.")  # fmt: skip
    return Finding("offline keys", True, "carried away")


def _clock() -> Finding:
    now = read_clock()
    ok = now.state == "synced"
    return Finding("clock", ok, f"{now.utc}, {now.state}", "" if ok else "Start a time service.")
