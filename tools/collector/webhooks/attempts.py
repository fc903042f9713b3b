"""What became of the last tries of a hook: for whoever asks why somebody was not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from posture_tools.collector.sql import Sql
from posture_tools.collector.store import Store

KEPT = 20  # of each hook
_S = 10**9


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. result : station:epoch:seq. problem : '' where it was taken."""

    hook: str
    at: datetime
    site: str
    result: str
    problem: str


def keep(db: Sql, key: tuple[str, str, str, str, int], at_ns: int, problem: str) -> None:
    """Note one try. key : hook, site, station, epoch and seq."""
    hook, *result = key
    db.execute(
        "INSERT INTO webhook_attempt VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (hook, at_ns, *result, problem),
    )
    db.execute(
        "DELETE FROM webhook_attempt WHERE hook = ? AND at_ns < (SELECT MIN(at_ns) FROM"
        " (SELECT at_ns FROM webhook_attempt WHERE hook = ? ORDER BY at_ns DESC LIMIT ?) newest)",
        (hook, hook, KEPT),
    )


def attempts(store: Store, hook: str) -> list[Attempt]:
    """The last of a hook, the newest first."""
    return [
        Attempt(hook, datetime.fromtimestamp(at_ns / _S, UTC), site, f"{station}:{epoch}:{seq}",
                problem)
        for at_ns, site, station, epoch, seq, problem in store.rows(
            "SELECT at_ns, site, station, epoch, seq, problem FROM webhook_attempt"
            " WHERE hook = ? ORDER BY at_ns DESC, site, station, epoch, seq LIMIT ?",
            (hook, KEPT),
        )
    ]  # fmt: skip
