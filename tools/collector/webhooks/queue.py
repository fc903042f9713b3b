"""What must be said to whom: rows that are committed together with the results they tell of."""

from __future__ import annotations

import time
from collections.abc import Iterable

from posture_tools.collector.intake import Good
from posture_tools.collector.sql import Sql

from edge.wire.result import Result


def queue(db: Sql, stored: Iterable[Good]) -> None:
    """One delivery for each new result and each hook of its site."""
    hooks = db.execute("SELECT name, sites FROM webhook ORDER BY name").fetchall()
    if not hooks:
        return
    now_ns = time.time_ns()
    keys = sorted(
        (item.key.site, item.key.station, item.key.epoch, item.key.seq)
        for item in stored
        if isinstance(item.message, Result)
    )
    db.executemany(
        "INSERT INTO webhook_delivery VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '')"
        " ON CONFLICT DO NOTHING",
        [
            (hook, *key, now_ns, now_ns)
            for hook, sites in hooks
            for key in keys
            if not sites or key[0] in sites.split(",")
        ],
    )
