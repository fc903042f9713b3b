"""Screenings asked for on a page, through a real broker to a station; and erasing a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client, override_settings
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.pages.config import PagesConfig
from simulators.mosquitto import Mosquitto
from simulators.pages_world import BIRTH, deliver, visit
from simulators.waiting import eventually

from edge.errors import MessageRefused
from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.results.outbox import Outbox
from edge.screening.order import OrderBox
from edge.settings import Settings
from edge.uplink.uplink import Uplink
from edge.wire.codec import encode
from edge.wire.live import EndCommand
from edge.wire.topics import Topics

SCREEN = "/stations/north/hall-1/screen/"
ASKED = {"code": "p-17", "consent_version": "2026-05", "agreed": "on", "stature_mm": "1720",
         "pain": "no", "clothing_upper": "tight"}  # fmt: skip


@pytest.fixture
def orders(config: PagesConfig, mosquitto: str, tmp_path: Path) -> Iterator[OrderBox]:
    """What a station of north was asked for; the pages may command it."""
    with Mosquitto(mosquitto, tmp_path / "broker") as broker, Outbox.open(
        tmp_path / "outbox.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        box, stop = OrderBox(tmp_path), threading.Event()
        settings = Settings(site="north", station="hall-1", mqtt=broker.settings)

        def end(body: bytes) -> dict[str, Any]:
            if not box.cancel(msgspec.json.decode(body, type=EndCommand).code):
                raise MessageRefused("nobody of that code is waited for.", "Look who is.")
            return {}

        uplink = Uplink(settings, outbox, commands={"screen": box.put, "end": end})
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        eventually(lambda: uplink.status().phase == "connected")
        with override_settings(PAGES=replace(config, site="north", mqtt=broker.settings)):
            yield box
        stop.set()
        thread.join()


@pytest.mark.broker
def test_an_operator_starts_a_screening(orders: OrderBox, entered: Callable[..., Any]) -> None:
    answer = entered("operator").post(SCREEN, ASKED)
    assert answer.status_code == 200
    assert "waits for p-17" in answer.content.decode()
    asked = orders.take()
    assert asked is not None
    assert (asked.code, asked.consent_version) == ("p-17", "2026-05")
    inputs = asked.inputs
    assert (inputs.stature_mm, inputs.pain, inputs.clothing_upper) == (1720, False, "tight")
    assert inputs.sex is None


@pytest.mark.broker
def test_another_program_asks_for_a_screening_and_takes_it_back(
    config: PagesConfig, orders: OrderBox, new_token: Callable[..., dict[str, str]]
) -> None:
    from posture_tools.pages.models import AuditLine

    headers, client = new_token(may_command=True, sites="north"), Client()
    path = "/api/stations/north/hall-1/screenings"
    order = {"code": "p-19", "consent_version": "2026-05", "inputs": {"stature_mm": 1720}}

    def post(order: object) -> Any:
        return client.post(path, order, "application/json", headers=headers)

    answer = post(order)
    assert (answer.status_code, answer.json()["code"]) == (202, "p-19")
    asked = orders.take()
    assert asked is not None
    assert (asked.code, asked.inputs.stature_mm) == ("p-19", 1720)
    for wrong in ({"code": "a b", "consent_version": "1"}, {"code": "p-19"}, [],
                  {**order, "inputs": {"stature_mm": 17}}, {**order, "name": "Anna"}):  # fmt: skip
        assert post(wrong).status_code == 422, wrong
    assert orders.take() is None
    old = client.delete(f"{path}/p-19", headers=headers)  # its birth names no such command
    assert old.status_code == 409
    assert "does not understand" in old.json()["detail"]
    told = msgspec.structs.replace(BIRTH, commands=("screen", "end"))
    with SqliteStore(config.store) as store:
        store.note("north", "hall-1", "birth", encode(told))
        assert post(order).status_code == 202
        assert client.delete(f"{path}/p-19", headers=headers).status_code == 204
        assert orders.take() is None
        refused = client.delete(f"{path}/p-19", headers=headers)
        assert (refused.status_code, refused.json()["detail"]) == (
            409, "The station refuses: nobody of that code is waited for. Look who is.",
        )  # fmt: skip
        store.note("north", "hall-1", "birth", b"")
    for line in AuditLine.objects.order_by("-pk")[:3]:
        assert line.account == headers["x-name"]


def deliver_visit(config: PagesConfig, path: Path, session: str, code: str) -> None:
    """One visit of a code, from an outbox of its own."""
    with SqliteStore(config.store) as store, Outbox.open(
        path, site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept_event(
            "consent", {"session": session, "code": code, "version": "1", "by": "op"}
        )
        outbox.accept(visit(session, 1.0)[0])
        deliver(store, outbox, "north")


def test_another_program_erases_a_person(
    config: PagesConfig, new_token: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    deliver_visit(config, tmp_path / "gone.db", "to-go-too", "P-78")
    client, headers = Client(), new_token(may_erase=True, sites="north")
    for path in ("/api/people/south/P-78", "/api/people/nowhere/P-78"):
        assert client.delete(path, headers=headers).status_code == 404
    answer = client.delete("/api/people/north/P-78", headers=headers)
    assert answer.status_code == 200
    assert (answer.json()["results"], answer.json()["sessions"]) == (1, 1)
    assert "hall-1" in answer.json()["waits"]
    path = "/api/visits/north/hall-1/to-go-too"
    assert client.get(path, headers=headers).status_code == 404
    again = client.delete("/api/people/north/P-78", headers=headers).json()
    assert again["results"] == 0


@pytest.mark.broker
@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "The broker was lost before an answer came"), ("ja", "応答の前にブローカーとの接続")],
)
def test_a_broker_that_drops_in_the_middle_of_a_command_is_said(
    config: PagesConfig, mosquitto: str, tmp_path: Path, entered: Callable[..., Any],
    language: str, told: str,
) -> None:  # fmt: skip
    """It has taken the command, and dies before any answer: nobody knows whether it was heard."""
    from posture_tools.pages.models import AuditLine

    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        spy = open_best(broker.settings, "spy")
        spy.subscribe(Topics("north", "hall-1").command("screen"))

        def kill_once_told() -> None:
            while not any(isinstance(event, Arrived) for event in spy.poll(0.1)):
                pass
            broker.kill()

        thread = threading.Thread(target=kill_once_told)
        thread.start()
        with override_settings(PAGES=replace(config, site="north", mqtt=broker.settings)):
            client = entered("operator")
            answer = client.post(SCREEN, ASKED, headers={"accept-language": language})
        thread.join()
        spy.drop()
    assert answer.status_code == 409
    page = answer.content.decode()
    assert told in page
    assert 'value="p-17"' in page  # nothing of the form is lost
    lines = AuditLine.objects.order_by("-pk")[:2]
    assert [line.what for line in lines] == ["answer", "screen"]
    assert not lines[0].about.endswith("done")


@pytest.mark.broker
def test_a_broker_that_is_away_was_asked_nothing(
    config: PagesConfig, mosquitto: str, tmp_path: Path, entered: Callable[..., Any]
) -> None:
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        broker.kill()
        with override_settings(PAGES=replace(config, site="north", mqtt=broker.settings)):
            answer = entered("operator").post(SCREEN, ASKED)
    assert answer.status_code == 409
    assert "The broker cannot be reached; nothing was asked." in answer.content.decode()


@pytest.mark.broker
def test_what_a_station_would_not_take_is_said_and_not_sent(
    orders: OrderBox, entered: Callable[..., Any]
) -> None:
    answer = entered("operator").post(SCREEN, ASKED | {"stature_mm": "17"})
    assert answer.status_code == 409
    assert "500" in answer.content.decode()
    assert orders.take() is None


def test_without_a_broker_the_page_says_so(entered: Callable[..., Any]) -> None:
    answer = entered("operator").post(SCREEN, ASKED)
    assert answer.status_code == 409
    assert "cannot be commanded from here" in answer.content.decode()


def test_a_person_is_erased_when_the_code_is_typed_again(
    config: PagesConfig, entered: Callable[..., Any], tmp_path: Path
) -> None:
    deliver_visit(config, tmp_path / "gone.db", "to-go", "P-77")
    client = entered("viewer", may_erase=True)
    assert client.post("/people/north/P-77/erase/", {"again": "P-7"}).status_code == 409
    assert client.get("/people/north/P-77/").status_code == 200
    page = client.post("/people/north/P-77/erase/", {"again": "P-77"}).content.decode()
    assert "Erased here, results: 1" in page
    assert "hall-1" in page  # it is told until it has proved it
    assert client.get("/people/north/P-77/").status_code == 404
    assert client.get("/visits/north/hall-1/to-go/").status_code == 404
