"""What commands say and how they end, on a store of one visit."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.kept_pictures import KeptPictures
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.verbs.serve import _sign_on
from simulators.assessments import assessment
from simulators.postgres import Postgres

from edge.errors import SettingsInvalid
from edge.results.outbox import Outbox

CODE, SESSION = "p-17", "5f1c9a2b7d3e4f60"
INPUTS = 'inputs {"stature_mm": 1720.0}'


@pytest.fixture
def command(tmp_path: Path, capsys: Any):
    """Runs a command on the store: its exit status, and what it says."""
    at = tmp_path / "collector.db"
    said = {"session": SESSION, "code": CODE, "version": "2026-05", "by": "badge"}
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox, SqliteStore(at) as store:  # fmt: skip
        outbox.accept_event("consent", said | {"inputs": {"stature_mm": 1720.0}})
        outbox.accept(assessment(1, session=SESSION))
        store.ingest(
            [examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload))
             for m in outbox.pending(9)]
        )  # fmt: skip

    def run(*words: str) -> tuple[int, str]:
        status = main([*words, "--store", str(at)])
        return status, capsys.readouterr().out

    return run


def test_erasures_that_nobody_has_proved_are_listed(command) -> None:
    of_site = ("erase", "--site", "north")
    assert command(*of_site, "--open") == (0, "every station has answered every erasure\n")
    status, said = command(*of_site, "--code", CODE, "--yes", "--wait", "0", "--json")
    told = json.loads(said)
    assert (status, told["results"], told["sessions"], told["waiting"]) == (4, 1, 1, ["hall-1"])
    status, said = command(*of_site, "--open")
    assert status == 1
    assert "hall-1 has not proved the erasure of a code" in said
    assert "every station" not in said


def test_a_person_as_records(command) -> None:
    of_site = ("export", "--site", "north", "--json")
    status, said = command("person", CODE, *of_site)
    [visit] = json.loads(said)
    [result] = visit["results"]
    assert status == 0
    assert {"screened_at", "received_at", "measures"} <= result.keys()
    status, said = command("person", "p-18", *of_site)
    assert (status, json.loads(said)) == (1, [])


def test_a_visit_that_is_not_known(command) -> None:
    status, said = command("visit", SESSION, "--site", "north")
    assert (status, said) == (0, f"hall-1 {SESSION}: code {CODE}, {INPUTS}\n")
    assert command("visit", "other", "--site", "north")[0] == 1


def test_a_model_that_goes_nowhere_stops_nothing(command) -> None:
    status, said = command("rollout", "f" * 64, "--ring", "1")
    assert status == 0
    assert "STOP" not in said


def test_a_receiver_of_all_sites_is_listed_as_such(command) -> None:
    assert command("webhook", "allow", "records.example")[0] == 0
    assert command("webhook", "add", "records", "https://records.example/")[0] == 0
    status, said = command("webhook", "list")
    assert status == 0
    assert " all " in said


@pytest.mark.parametrize(("months", "status"), [(0, 2), (1, 0), (1200, 0), (1201, 2)])
def test_months_that_can_be_kept(command, months: int, status: int) -> None:
    assert command("store", "archive", "--keep-months", str(months))[0] == status


def test_what_there_was_to_do_is_said_also_where_it_was_nothing(command) -> None:
    status, said = command("store", "migrate")
    assert status == 0
    assert said.endswith("collector.db is up to date\n")
    assert command("store", "check") == (0, "tables and indexes are whole\n")
    assert command("store", "archive", "--keep-months", "7") == (
        0,
        "nothing is older than 7 whole months\n",
    )


def test_a_code_that_stands_for_more_than_a_person_erases_nobody(
    command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posture_tools.collector.erasure.MOST_SESSIONS", 0)
    words = ("erase", "--site", "north", "--code", CODE, "--yes", "--wait", "0")
    assert command(*words)[0] == 2
    assert command("visit", SESSION, "--site", "north")[0] == 0
    monkeypatch.undo()
    assert command(*words)[0] == 4
    assert command("visit", SESSION, "--site", "north")[0] == 1


def test_programs_are_told_of_open_erasures_too(command) -> None:
    of_site = ("erase", "--site", "north")
    assert json.loads(command(*of_site, "--open", "--json")[1])["open"] == []
    command(*of_site, "--session", SESSION, "--yes", "--wait", "0")
    status, said = command(*of_site, "--open", "--json")
    [open_] = json.loads(said)["open"]
    assert (status, open_["station"], open_["what"]) == (1, "hall-1", "session")


def test_the_photographs_of_who_is_erased_go_too(command, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "collector.db") as store:
        kept = KeptPictures.beside(store.erasures)
    for session in (SESSION, "another"):
        kept.folder("north", session).mkdir(parents=True)
    command("erase", "--site", "north", "--code", CODE, "--yes", "--wait", "0")
    assert list(kept.folders()) == [kept.folder("north", "another")]


def test_what_a_copy_copied_is_listed(command, postgres: Postgres) -> None:
    status, said = command("store", "copy", "--to", postgres.database())
    assert status == 0
    assert re.search(r"\bresult\b +. +1 ", said)
    assert re.search(r"\bevent\b +. +1 ", said)


def test_whom_a_provider_vouches_for_is_asked_with_a_client_and_its_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word\n")
    given = {"sign_on": "https://id.example", "sign_on_client": "pages", "sign_on_claim": "email"}
    found = _sign_on(Namespace(**given, sign_on_secret_file=secret))
    assert found is not None
    assert found.secret == secret.read_text().strip()
    for lacking in ({"sign_on_client": ""}, {"sign_on_secret_file": None}):
        options = Namespace(**given | {"sign_on_secret_file": secret} | lacking)
        with pytest.raises(SettingsInvalid, match="a client and its secret"):
            _sign_on(options)
    assert _sign_on(Namespace(**given | {"sign_on": ""}, sign_on_secret_file=None)) is None
