"""Who is told: names, addresses and secrets, and the hosts that an administrator lets be told."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from posture_tools.collector.body import now
from posture_tools.collector.sql import Sql
from posture_tools.collector.store import Store

from edge.errors import SettingsInvalid

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_MOST_URL = 2000
_SECRET_BYTES = 32
_HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart. path : with its query."""

    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class HookLine:
    """One hook, as a person sees it. sites : with commas between; empty for all. since_ns : since
    when the next that waits could have been tried; 0 where nothing waits."""

    name: str
    url: str
    sites: str
    waiting: int
    dead: int
    problem: str
    since_ns: int


def target_of(url: str) -> Target:
    """Take an address apart. Raises SettingsInvalid for what is not https, or holds a name, a
    password or a fragment."""
    remedy = "Give an address like https://host.example/path."
    if len(url) > _MOST_URL or not url.isascii() or any(c <= " " for c in url):
        raise SettingsInvalid("The address is too long, or has letters that none has.", remedy)
    try:
        parts = urlsplit(url)
        port = parts.port or _HTTPS_PORT
    except ValueError as error:
        raise SettingsInvalid(f"{url} is no address: {error}.", remedy) from error
    if parts.scheme != "https":
        raise SettingsInvalid(f"{url} is not https.", remedy)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise SettingsInvalid(f"{url} holds more than host and path.", remedy)
    if _HOST.fullmatch(parts.hostname or "") is None:
        raise SettingsInvalid(f"{url} names no host.", remedy)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(str(parts.hostname), port, path)


def hosts(store: Store) -> list[str]:
    """The hosts that may be told."""
    return [host for (host,) in store.rows("SELECT host FROM webhook_host ORDER BY host")]


def allow(store: Store, host: str, who: str) -> None:
    """Let a host be told. Raises SettingsInvalid for what is no name of a host."""
    host = _plain(host)
    if _HOST.fullmatch(host) is None:
        raise SettingsInvalid(
            f"{host!r} is no name of a host.", "Give it without https:// or path."
        )
    with store.transaction() as db:
        db.execute("INSERT INTO webhook_host VALUES (?) ON CONFLICT DO NOTHING", (host,))
        _audit(db, who, "webhook host", "", host)


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def disallow(store: Store, host: str, who: str) -> None:
    """Let nothing go to a host any more; what waits for it fails. Raises SettingsInvalid for one
    that is not on the list: whoever says so means another, which would go on being told."""
    host = _plain(host)
    with store.transaction() as db:
        if not db.execute("SELECT 1 FROM webhook_host WHERE host = ?", (host,)).fetchone():
            raise SettingsInvalid(
                f"{host!r} is not on the list of hosts.",
                "`posture-collector webhook list` shows who is.",
            )
        db.execute("DELETE FROM webhook_host WHERE host = ?", (host,))
        _audit(db, who, "webhook host", host, "")


def add(store: Store, name: str, url: str, sites: Iterable[str], who: str) -> str:
    """A new hook, for results from now on; its secret, which is shown this once.

    sites : whose results it gets; empty for all. who : made it, for the audit.

    Raises
    ------
    SettingsInvalid : its host is not on the list, or the name is taken.
    """
    target = target_of(url)
    if _NAME.fullmatch(name) is None:
        raise SettingsInvalid(f"{name!r} is no name.", "Use letters, digits, '.', '_' and '-'.")
    if target.host not in hosts(store):
        raise SettingsInvalid(
            f"{target.host} is not on the list of hosts.",
            f"An administrator adds it: `posture-collector webhook allow {target.host}`.",
        )
    secret = "whsec_" + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    with store.transaction() as db:
        if db.execute("SELECT 1 FROM webhook WHERE name = ?", (name,)).fetchone():
            raise SettingsInvalid(f"There is a hook {name} already.", "Take another name.")
        db.execute(
            "INSERT INTO webhook VALUES (?, ?, ?, ?, 0, '')",
            (name, url, secret, ",".join(sorted(set(sites)))),
        )
        _audit(db, who, "webhook", "", f"{name} {url}")
    return secret


def remove(store: Store, name: str, who: str) -> None:
    """The hook, and what waits for it. Raises SettingsInvalid where there is none."""
    with store.transaction() as db:
        _known(db, name)
        for table in ("webhook_delivery", "webhook_attempt"):
            db.execute(f"DELETE FROM {table} WHERE hook = ?", (name,))  # noqa: S608
        db.execute("DELETE FROM webhook WHERE name = ?", (name,))
        _audit(db, who, "webhook", name, "")


def again(store: Store, name: str, now_ns: int) -> int:
    """Try given-up deliveries of a hook again as if new; returns how many. Raises as `remove`."""
    with store.transaction() as db:
        _known(db, name)
        (count,) = db.execute(
            "SELECT COUNT(*) FROM webhook_delivery WHERE hook = ? AND dead = 1", (name,)
        ).fetchone()
        db.execute(
            "UPDATE webhook_delivery SET dead = 0, tries = 0, queued_ns = ?, due_ns = ?"
            " WHERE hook = ? AND dead = 1",
            (now_ns, now_ns, name),
        )
        db.execute("UPDATE webhook SET due_ns = 0 WHERE name = ?", (name,))
    return int(count)


def lines(store: Store) -> list[HookLine]:
    """Every hook."""
    return [
        HookLine(name, url, sites, int(waiting or 0), int(dead or 0), problem,
                 max(int(held_ns), int(due_ns)) if due_ns else 0)
        for name, url, sites, problem, held_ns, due_ns, waiting, dead in store.rows(
            "SELECT h.name, h.url, h.sites, h.problem, h.due_ns,"
            " (SELECT MIN(d.due_ns) FROM webhook_delivery d WHERE d.hook = h.name AND d.dead = 0),"
            " (SELECT COUNT(*) FROM webhook_delivery d WHERE d.hook = h.name AND d.dead = 0),"
            " (SELECT COUNT(*) FROM webhook_delivery d WHERE d.hook = h.name AND d.dead = 1)"
            " FROM webhook h ORDER BY h.name"
        )
    ]  # fmt: skip


def _known(db: Sql, name: str) -> None:
    if db.execute("SELECT 1 FROM webhook WHERE name = ?", (name,)).fetchone() is None:
        raise SettingsInvalid(f"There is no hook {name!r}.", "`webhook list` names them.")


def _audit(db: Sql, who: str, what: str, was: str, becomes: str) -> None:
    db.execute(
        "INSERT INTO audit (at, who, site, station, session, what, was, becomes)"
        " VALUES (?, ?, '', '', '', ?, ?, ?)",
        (now(), who, what, was, becomes),
    )
