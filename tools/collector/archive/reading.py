"""One body out of the archive, as a reader of the tables meets it."""

from __future__ import annotations

from posture_tools.collector.archive.cleaning import HasArchive
from posture_tools.collector.archive.files import require_parquet
from posture_tools.collector.intake import Key

from edge.errors import StoreUnusable


def archived(store: HasArchive, key: Key, utc_ns: int) -> tuple[bytes, bytes]:
    """Body and seal of an archived result, as `Store.archived`. Raises PartMissing without
    pyarrow."""
    require_parquet()
    place = (key.site, key.station, utc_ns, key.epoch, key.seq)
    asked = []
    for (name,) in store.rows(
        "SELECT name FROM archive_file WHERE first_ns <= ? AND end_ns > ? ORDER BY name",
        (utc_ns, utc_ns),
    ):
        asked.append(name)
        try:
            row = store.archive.find(name, place)
        except OSError as error:
            raise StoreUnusable(
                f"{store.archive.path / name} cannot be read: {error}.",
                "Bring it back from a backup, or mend the rights of its folder.",
            ) from error
        if row is not None:
            return row.body, row.seal
    raise StoreUnusable(
        f"The body of {key.station}:{key.epoch}:{key.seq} is in none of"
        f" {', '.join(asked) or 'the files'} in {store.archive.path}.",
        "Bring the file back from a backup.",
    )
