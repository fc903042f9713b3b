"""Who else is told, as administrators manage it on a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.webhooks import attempts, hooks
from posture_tools.pages.config import PagesConfig

HOST = "told.example"
NEW = {"name": "ward", "host": HOST, "port": "443", "path": "/in?a=1", "sites": "north"}


@pytest.fixture
def store(config: PagesConfig) -> Iterator[SqliteStore]:
    with SqliteStore(config.store) as store:
        yield store
        for line in hooks.lines(store):
            hooks.remove(store, line.name, "op")
        for host in hooks.hosts(store):
            hooks.disallow(store, host, "op")


@pytest.fixture
def admin(store: SqliteStore, entered: Callable[..., Any]) -> Any:
    hooks.allow(store, HOST, "op")
    return entered("admin")


def known(store: SqliteStore) -> dict[str, tuple[str, str]]:
    return {line.name: (line.url, line.sites) for line in hooks.lines(store)}


def test_a_hook_is_added_and_its_secret_shown_once(admin: Any, store: SqliteStore) -> None:
    page = admin.post("/webhooks/", NEW).content.decode()
    [(secret,)] = store.rows("SELECT secret FROM webhook")
    assert f"<code>{secret}</code>" in page
    assert known(store) == {"ward": (f"https://{HOST}/in?a=1", "north")}
    assert secret not in admin.get("/webhooks/").content.decode()
    assert "webhook made" in admin.get("/audit/").content.decode()


@pytest.mark.parametrize(
    "bad",
    [{"host": "elsewhere.example"}, {"host": "127.0.0.1"}, {"port": "0"}, {"path": "no"},
     {"path": "/a#b"}, {"path": "/ /"}, {"name": "a b"}, {"name": ""}],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_beside_its_field(
    admin: Any, store: SqliteStore, bad: dict[str, str]
) -> None:
    page = admin.post("/webhooks/", NEW | bad).content.decode()
    assert 'class="errorlist"' in page
    assert known(store) == {}


def test_a_name_is_used_once(admin: Any, store: SqliteStore) -> None:
    admin.post("/webhooks/", NEW)
    assert "This name is taken." in admin.post("/webhooks/", NEW).content.decode()
    assert len(known(store)) == 1


def test_no_host_of_the_list_is_added_here(entered: Callable[..., Any], store: SqliteStore) -> None:
    for host in hooks.hosts(store):
        hooks.disallow(store, host, "op")
    admin = entered("admin")
    page = admin.get("/webhooks/").content.decode()
    assert "posture-collector webhook allow" in page
    assert 'name="host"' not in page
    admin.post("/webhooks/", NEW)
    assert known(store) == {}


def test_the_last_tries_are_shown_what_was_given_up_is_told_again_and_a_hook_removed(
    admin: Any, store: SqliteStore
) -> None:
    admin.post("/webhooks/", NEW)
    key = ("ward", "north", "hall-1", "e1", 7)
    with store.transaction() as db:
        db.execute("INSERT INTO webhook_delivery VALUES (?, ?, ?, ?, ?, 1, 9, 1, 1, 'gone')", key)
        attempts.keep(db, key, 10**18, f"{HOST} answered 500")
    page = admin.get("/webhooks/").content.decode()
    assert f"{HOST} answered 500" in page
    assert "hall-1:e1:7" in page
    assert "Nobody delivers" not in page
    assert admin.post("/webhooks/", {"again": "ward"}).status_code == 302
    [line] = hooks.lines(store)
    assert (line.waiting, line.dead) == (1, 0)
    with store.transaction() as db:  # an hour ago, and nobody has tried
        db.execute("UPDATE webhook_delivery SET due_ns = due_ns - 3600000000000")
    assert "Nobody delivers" in admin.get("/webhooks/").content.decode()
    assert admin.post("/webhooks/", {"remove": "ward"}).status_code == 302
    assert known(store) == {}
    assert store.rows("SELECT COUNT(*) FROM webhook_delivery") == [(0,)]
    assert admin.post("/webhooks/", {"remove": "ward"}).status_code == 404


def test_an_administrator_of_some_sites_manages_theirs_alone(
    admin: Any, entered: Callable[..., Any], store: SqliteStore
) -> None:
    admin.post("/webhooks/", NEW | {"name": "all", "sites": ""})
    admin.post("/webhooks/", NEW)
    south = entered("admin", ("south",))
    page = re.sub(r"(?s)<form.*?</form>", "", south.get("/webhooks/").content.decode())
    assert "ward" not in page
    assert "told.example" not in page
    for name in ("all", "ward"):
        assert south.post("/webhooks/", {"remove": name}).status_code == 404
        assert south.post("/webhooks/", {"again": name}).status_code == 404
    for sites in ("", "north", "north,south"):
        south.post("/webhooks/", NEW | {"name": "risen", "sites": sites})
    assert set(known(store)) == {"all", "ward"}
    south.post("/webhooks/", NEW | {"name": "own", "sites": "south"})
    assert known(store)["own"][1] == "south"
