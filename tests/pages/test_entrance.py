"""The door: forgotten tablets, hasty addresses, administrators of some sites, and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from posture_tools.collector.worker_key import load_granted
from posture_tools.pages.config import Pace, PagesConfig

from edge.errors import SettingsInvalid

TABLE = {"HX-Request": "true"}


def _idle(client: Any, minutes: float) -> None:
    session = client.session
    session["seen_s"] = int(time.time() - minutes * 60)
    session.save()


def test_a_tablet_that_lies_about_is_logged_out(entered: Callable[..., Any]) -> None:
    client = entered()
    assert client.get("/visits/").status_code == 200
    _idle(client, 19)
    assert client.get("/visits/").status_code == 200
    _idle(client, 21)
    assert client.get("/visits/").status_code == 302
    assert client.get("/visits/").status_code == 302


def test_a_table_that_renews_itself_keeps_nobody_in(entered: Callable[..., Any]) -> None:
    client = entered()
    client.get("/visits/")
    _idle(client, 19)
    before = client.session["seen_s"]
    assert client.get("/visits/rows/", headers=TABLE).status_code == 200
    assert client.session["seen_s"] == before
    _idle(client, 21)
    answer = client.get("/visits/rows/", headers=TABLE)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/enter/")


def test_who_asks_too_fast_waits_a_minute(config: PagesConfig) -> None:
    with override_settings(PAGES=replace(config, pace=Pace(requests=9, log_ins=3))):
        door = Client(REMOTE_ADDR="10.7.0.1")
        given = {"username": "nobody", "password": "not this one"}
        statuses = [door.post("/enter/", given).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        other = Client(REMOTE_ADDR="10.7.0.2")
        assert [other.get("/enter/").status_code for _ in range(10)] == [200] * 9 + [429]
        told = other.get("/api/visits")
        assert (told.status_code, told.json()) == (429, {"detail": "too many requests"})
        assert told.headers["Retry-After"]


def test_a_burst_over_the_full_minute_is_counted_as_one(
    config: PagesConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall clock shows 59 s, then 1 s: the address's own minute goes on."""
    real = time.time
    ahead_s = 59.0 - real() % 60.0
    monkeypatch.setattr(time, "time", lambda: real() + ahead_s)
    with override_settings(PAGES=replace(config, pace=Pace(requests=9, log_ins=3))):
        door = Client(REMOTE_ADDR="10.7.0.3")
        given = {"username": "nobody", "password": "not this one"}
        before = [door.post("/enter/", given).status_code for _ in range(2)]
        ahead_s += 2.0
        after = [door.post("/enter/", given).status_code for _ in range(2)]
        assert (before, after) == ([200, 200], [200, 429])
        ahead_s += 61.0
        assert door.post("/enter/", given).status_code == 200


def test_an_administrator_of_some_sites_gives_away_no_others(
    entered: Callable[..., Any], account: Callable[..., Any]
) -> None:
    from posture_tools.pages.models import Account, Token

    above, beside = account("admin"), account("viewer", ("north",))
    own = account("viewer", ("south",))
    client = entered("admin", ("south",))
    page = client.get("/accounts/").content.decode()
    assert own.name in page
    assert above.name not in page
    assert beside.name not in page
    for stranger in (above, beside):
        assert client.get(f"/accounts/{stranger.pk}/").status_code == 404
        assert client.post(f"/accounts/{stranger.pk}/", {"password": "x" * 20}).status_code == 404
    form = {"role": "admin", "password": "quite a long word", "is_active": "on"}
    for sites in ("", "north", "south,north"):
        client.post("/accounts/", {**form, "name": "risen", "sites": sites})
        client.post("/tokens/", {"name": "risen", "sites": sites})
    assert not Account.objects.filter(name="risen").exists()
    assert not Token.objects.filter(name="risen").exists()
    assert client.post("/accounts/", {**form, "name": "peer", "sites": "south"}).status_code == 302
    shown = client.get("/audit/").content.decode()
    assert "peer" in shown
    assert ">north<" not in shown


def test_commanding_is_a_right_of_its_own(entered: Callable[..., Any]) -> None:
    path = "/stations/north/hall-1/screen/"
    assert entered("viewer").get(path).status_code == 403
    assert entered("viewer", may_command=True).get(path).status_code == 200


def test_pages_read_the_command_key_and_never_the_receipt_key(
    tmp_path: Path, entered: Callable[..., Any], config: PagesConfig, monkeypatch: Any
) -> None:
    """Every file that is opened is seen by the interpreter: none is the receipt key."""
    import sys

    from edge.errors import PostureError

    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("receipt.pem", "receipt.grant", "command.pem", "command.grant"):
        (folder / name).write_text("not a key")
    opened: list[str] = []
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
    with pytest.raises(PostureError):
        load_granted(folder, "command")
    asked = {"code": "p-1", "consent_version": "1"}
    with override_settings(PAGES=replace(config, site="north", keys=folder)):
        entered("operator").post("/stations/north/hall-1/screen/", asked)
        entered("admin").post("/people/north/P-0042/erase/", {"again": "no"})
    read = {Path(name).name for name in opened if Path(name).parent == folder}
    assert read == {"command.pem"}


def test_pages_are_not_sent_to_others_without_tls() -> None:
    store = Path("collector.db")
    for refused in (
        PagesConfig(store=store, host="0.0.0.0"),  # noqa: S104 - refused
        PagesConfig(store=store, tls_cert=Path("site.pem")),
    ):
        with pytest.raises(SettingsInvalid):
            refused.check()
    PagesConfig(store=store, host="10.0.0.7", proxy="10.0.0.8").check()
    PagesConfig(store=store, host="10.0.0.7", plain=True).check()
