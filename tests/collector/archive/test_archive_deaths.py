"""Killed at each step of archiving, cleaning and reopening: nothing is lost, nothing doubled."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from posture_tools.collector import erasure
from posture_tools.collector.archive.archiving import archive_months
from posture_tools.collector.archive.cleaning import unclean
from posture_tools.collector.archive.files import read_file
from posture_tools.collector.report import results
from posture_tools.collector.store import Store
from posture_tools.collector.verify import findings
from psycopg.conninfo import conninfo_to_dict
from simulators.archived import CODE, LATER, bodies_in_tables, fill
from simulators.dying import died
from simulators.dying_archive import live, open_at
from simulators.postgres import Postgres

STEPS = int(os.environ.get("POSTURE_CRASHES", "6"))  # of each; 0 for all there are
AT = "2100-01-01T00:00:00.000Z"
Where = tuple[str, Path]


@pytest.fixture(params=["sqlite", "postgres"])
def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Callable[[], Where]]:
    """Of a filled store that was brought to where something begins: a new copy with each call."""

    def begin(what: str) -> Callable[[], Where]:
        address = ""
        if request.param == "postgres":
            server: Postgres = request.getfixturevalue("postgres")
            address = server.database()
        (tmp_path / "first").mkdir()
        first = (address, tmp_path / "first" / "collector.db")
        with open_at(first) as store, fill(store, tmp_path / "outbox.db"):
            if what != "archive":
                list(archive_months(store, 1, LATER))
            if what == "clean":
                folder = store.archive.path
                hidden = folder.rename(folder.with_name("away"))
                erasure.erase(store, "north", AT, code=CODE)
                shutil.rmtree(folder, ignore_errors=True)
                hidden.rename(folder)
        numbers = iter(range(1000))

        def another() -> Where:
            folder = tmp_path / str(next(numbers))
            shutil.copytree(tmp_path / "first", folder)
            copied = address
            if address:
                name = f"copy_{folder.name}_{conninfo_to_dict(address)['dbname']}"
                with psycopg.connect(server.address(), autocommit=True) as db:
                    db.execute(
                        f"CREATE DATABASE {name} TEMPLATE {conninfo_to_dict(address)['dbname']}"
                    )
                copied = server.address(name)
            return copied, folder / "collector.db"

        return another

    return begin


def die(processes, where: Where, what: str, at: int, count: Path) -> int | None:
    return died(processes, live, where, what, LATER, at, count)


def in_files(store: Store) -> list[int]:
    return sorted(
        row.seq
        for path in store.archive.path.glob("*.parquet")
        for group in read_file(path)
        for row in group
    )


def whole(store: Store, wanted: list[int]) -> None:
    assert sorted(each.result.seq for each in results(store)) == wanted
    assert list(findings(store)) == []
    assert list(store.problems()) == []


@pytest.mark.parametrize("what", ["archive", "clean", "2026-03.parquet"])
@pytest.mark.timeout(600)
def test_whenever_it_dies_nothing_is_lost_or_doubled(
    processes, copies: Callable[[str], Callable[[], Where]], what: str, tmp_path: Path
) -> None:
    another = copies(what)
    count = tmp_path / "count"
    assert die(processes, another(), what, 0, count) == 0
    steps = int(count.read_text())
    assert steps > 8
    places = STEPS or steps
    tried = sorted({1 + n * steps // places for n in range(places)})
    wanted = [2, 3, 6, 8, 9] if what == "clean" else [2, 3, 4, 5, 6, 8, 9]
    for at in tried:
        where = another()
        assert die(processes, where, what, at, count) == -9, at
        with open_at(where) as store:
            whole(store, wanted)
            assert die(processes, where, "archive", 0, count) == 0
            whole(store, wanted)
            assert bodies_in_tables(store) == []
            assert in_files(store) == wanted, f"died at {at} of {steps}"
            assert unclean(store) == []
            assert not list(store.archive.path.glob("*.new"))
