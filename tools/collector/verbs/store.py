"""`posture-collector store`: the tables themselves."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector import facts
from posture_tools.collector.archive.archiving import archive_months
from posture_tools.collector.archive.reopening import reopen
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.opening import require_postgres
from rich.table import Table

from edge.errors import SettingsInvalid
from edge.norms import shipped_norms

_MOST_MONTHS = 1200


def _migrate(options: Namespace, out: Output) -> int:
    if isinstance(options.store, Path):
        with existing_store(options.store):  # a file is brought up to date by opening it
            out.line(f"{options.store} is up to date")
        return 0
    require_postgres()
    from posture_tools.collector.postgres import months
    from posture_tools.collector.postgres.database import PostgresDatabase
    from posture_tools.collector.postgres.migrate import migrate

    database = PostgresDatabase(options.store)
    made = list(migrate(database))
    # What `check` looks for, and a worker would make at its first result.
    months.ensure(database, months.months_around(datetime.now(UTC)))
    database.close()
    for name in made:
        out.line(f"made {name}")
    out.line("the tables are of this version")
    return 0


def _check(options: Namespace, out: Output) -> int:
    count = 0
    with existing_store(options.store) as store:
        for said in store.problems():
            count += 1
            out.line(said)
            out.entry({"problem": said})
    out.line(f"{count} problems" if count else "tables and indexes are whole")
    return 1 if count else 0


def _copy(options: Namespace, out: Output) -> int:
    if not isinstance(options.store, Path) or not str(options.to).startswith("postgres"):
        raise SettingsInvalid(
            "A file is copied into a database.", "Give --store FILE and --to postgresql://..."
        )
    require_postgres()
    from posture_tools.collector.opening import open_store
    from posture_tools.collector.postgres.copying import copy
    from posture_tools.collector.postgres.store import PostgresStore
    from posture_tools.collector.sqlite.store import SqliteStore

    table = Table("table", "rows", "the same in both (blake2b)")
    with existing_store(options.store) as source, open_store(options.to) as target:
        assert isinstance(source, SqliteStore)  # noqa: S101 - a file
        assert isinstance(target, PostgresStore)  # noqa: S101 - an address
        for copied in copy(source, target):
            out.entry(copied)
            table.add_row(copied.table, str(copied.rows), copied.digest[:16])
    out.table(table)
    out.line("name the new store with --store from now on; the file is as it was")
    return 0


def _clean(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        left = store.traces(())
    for path in left:
        out.line(f"could not be written anew: {path}")
    if not left:
        out.line("what was erased is gone from the tables' files and the archive")
    return 1 if left else 0


def _reband(options: Namespace, out: Output) -> int:
    norms = shipped_norms()
    count = 0
    after: facts.Row | None = ("", "", "", 0, -1)
    with existing_store(options.store) as store:
        while after is not None:
            with store.transaction() as db:  # small ones, so that intake goes on between
                changed, after = facts.reband(db, norms, after)
            count += changed
    out.line(f"{count} measures were judged anew, by norms {norms.version}")
    return 0


def _archive(options: Namespace, out: Output) -> int:
    table = Table("file", "results", "MB")
    with existing_store(options.store) as store:
        for made in archive_months(store, options.keep_months, datetime.now(UTC)):
            out.entry(made)
            table.add_row(made.name, str(made.results), f"{made.size_bytes / 1e6:.1f}")
        folder = store.archive.path
    if table.row_count:
        out.table(table)
        out.line(f"they lie in {folder}: back them up with the store")
    else:
        out.line(f"nothing is older than {options.keep_months} whole months")
    return 0


def _reopen(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        count = reopen(store, options.file)
    out.line(f"{count} bodies are in the tables again; {options.file} is gone")
    return 0


def _months(said: str) -> int:
    count = int(said)
    if not 1 <= count <= _MOST_MONTHS:
        raise ValueError(said)
    return count


VERB = Verb(
    "store",
    "Look after the tables: bring them up to date, check them, move a file into PostgreSQL.",
    example="posture-collector store migrate --store postgresql://db.local/posture\n"
    "posture-collector store copy --store collector.db --to postgresql://db.local/posture",
    arguments=(STORE,),
    steps=(
        Verb(
            "migrate",
            "Make the tables, or bring those of an older version up to date while workers go on.",
            example="posture-collector store migrate --store postgresql://db.local/posture",
            run=_migrate,
            waits="migrating",
        ),
        Verb(
            "check",
            "Say whether tables and indexes are whole and fit each other; `verify` looks at the "
            "messages themselves. The exit status is 1 where something is wrong.",
            example="posture-collector store check --store collector.db",
            run=_check,
            waits="checking",
            json="array",
            inputs="store",
        ),
        Verb(
            "copy",
            "Copy a file into an empty database and compare both. Stop the collector before, or it "
            "waits; the stations keep what they have until another takes it.",
            example="posture-collector store copy --store collector.db --to postgresql://db/posture",
            run=_copy,
            waits="copying",
            arguments=(
                argument("--to", required=True, metavar="ADDRESS", help="The empty database."),
            ),
            json="array",
            inputs="store",
        ),
        Verb(
            "archive",
            "Move bodies and signatures of old months into Parquet files beside the store. Keys, "
            "hashes, visits and measures stay in it, and every command finds the bodies there. A "
            "collector.toml with keep_months does it by itself.",
            example="posture-collector store archive --keep-months 24 --store collector.db",
            run=_archive,
            waits="writing months into files",
            arguments=(
                argument(
                    "--keep-months",
                    type=_months,
                    required=True,
                    metavar="N",
                    help="Leave the last N whole months, and this one, in the tables.",
                ),
            ),
            json="array",
            inputs="store",
            extra="parquet",
        ),
        Verb(
            "reopen",
            "Bring a file of the archive back into the tables, as after an older backup of them "
            "was restored. The file is gone afterwards.",
            example="posture-collector store reopen 2026-05.parquet --store collector.db",
            run=_reopen,
            waits="bringing bodies back",
            arguments=(argument("file", metavar="FILE", help="Its name in the archive."),),
            extra="parquet",
        ),
        Verb(
            "clean",
            "Write anew the files of what was erased, so that no byte of it stays in them. A month "
            "is locked meanwhile.",
            example="posture-collector store clean --store postgresql://db.local/posture",
            run=_clean,
            waits="writing the tables anew",
        ),
        Verb(
            "reband",
            "Judge all measures by the norms of this version.",
            example="posture-collector store reband --store collector.db",
            run=_reband,
            waits="judging anew",
        ),
    ),
)
