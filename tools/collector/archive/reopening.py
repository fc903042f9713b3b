"""Bring the bodies of a file back into the tables: for good, or after an older store was restored.

What a restored store does not know at all is taken in as if it had just come, so that what was
erased meanwhile stays erased.
"""

from __future__ import annotations

from posture_tools.collector.archive.cleaning import clean_held, registered
from posture_tools.collector.archive.files import OF_KEY, Row, read_file, require_parquet
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.store import Store

from edge.errors import SettingsInvalid
from edge.wire.seal import digest, pack
from edge.wire.topics import OLD_ROOT, Topics


def reopen(store: Store, name: str) -> int:
    """Bring all of one file back into the tables; returns how many bodies. The file is gone
    afterwards.

    Raises
    ------
    SettingsInvalid : there is no such file.
    """
    require_parquet()
    with store.archive.held():
        known = registered(store)
        if name in known:
            clean_held(store)
        if name not in store.archive.names():
            raise SettingsInvalid(
                f"There is no file {store.archive.path / name}.",
                "Name one of those that lie there.",
            )
        with store.transaction() as db:  # killed from here on, it is as archived as before
            db.execute("UPDATE archive_file SET unclean = unclean + 1 WHERE name = ?", (name,))
        count = sum(_bring_back(store, group) for group in read_file(store.archive.path / name))
        store.archive.withdraw(name)
        with store.transaction() as db:
            db.execute("DELETE FROM archive_file WHERE name = ?", (name,))
        store.archive.new(name).unlink()
    return count


def _bring_back(store: Store, group: list[Row]) -> int:
    count = 0
    unknown: list[Row] = []
    with store.transaction() as db:
        for row in group:
            found = db.execute(
                "SELECT body_sha256, LENGTH(body) FROM result"
                " JOIN ingest_key USING (site, station, epoch, seq)"
                f" WHERE {OF_KEY}",
                row.key,
            ).fetchone()
            if found is None:
                unknown.append(row)
            elif not found[1] and found[0] == digest(row.body):
                db.execute(
                    f"UPDATE result SET body = ?, seal = ? WHERE {OF_KEY}",
                    (row.body, row.seal, *row.key),
                )
                count += 1
    outcome = store.ingest([examine(_as_it_came(row)) for row in unknown])
    return count + len(outcome.stored)


def _as_it_came(row: Row) -> Incoming:
    channel = f"result/{row.kind}"
    if not row.seal:  # version 0.1
        return Incoming(f"{OLD_ROOT}/{row.site}/{row.station}/{channel}", row.body)
    return Incoming(Topics(row.site, row.station).message(channel), pack(row.body, row.seal))
