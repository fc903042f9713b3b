"""The fleet for who looks after it: one station, what could not be taken in, files on their way."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.pages.config import PagesConfig
from simulators.pages_world import DEAD_SHA256, MODEL_SHA256, visit

from edge.results.outbox import Outbox

STATION = "/stations/north/hall-1/"


@pytest.mark.usefixtures("told")
def test_a_station_is_shown_with_its_machine_models_and_days(entered: Callable[..., Any]) -> None:
    page = entered().get(STATION).content.decode()
    for shown in ("picamera2: wide", "61 °C", "5120 MB", "undervoltage", "0.3.0", "close 4.0",
                  "6 kB", "oldest waits 2 h", "finder 3.2", "screen, aim",
                  "no change"):  # fmt: skip
        assert shown in re.sub("<[^>]+>", "", page), shown
    for plot in ("results_a_day", "heard", "temperature", "waiting"):
        assert f'data-plot="{plot}"' in page
    assert "untold" not in page


@pytest.mark.usefixtures("told")
def test_footwear_is_asked_only_of_stations_that_name_it(entered: Callable[..., Any]) -> None:
    client = entered("operator")
    assert 'name="footwear"' not in client.get(f"{STATION}screen/").content.decode()
    asked = {"code": "p-1", "consent_version": "1", "agreed": "on", "footwear": "socks"}
    answer = client.post(f"{STATION}screen/", asked)
    assert answer.status_code == 409
    assert "does not understand this" in answer.content.decode()


def test_nobody_is_screened_without_consent(entered: Callable[..., Any]) -> None:
    answer = entered("operator").post(f"{STATION}screen/", {"code": "PS1:p-1:2026-05"})
    assert answer.status_code == 409
    assert "Without consent" in answer.content.decode()


def test_letters_name_no_content_to_who_may_not_command(entered: Callable[..., Any]) -> None:
    viewer = entered()
    assert DEAD_SHA256[:8] in viewer.get("/letters/").content.decode()
    assert viewer.get(f"/letters/dead-letters/{DEAD_SHA256}/").status_code == 403
    assert entered("operator", ("south",)).get("/letters/").content.decode().count("hall-1") == 0
    south = entered("operator", ("south",))
    assert south.get(f"/letters/dead-letters/{DEAD_SHA256}/").status_code == 404


def test_what_cannot_be_read_stays_where_it_is(entered: Callable[..., Any]) -> None:
    client = entered("operator")
    page = client.get(f"/letters/dead-letters/{DEAD_SHA256}/").content.decode()
    assert "no message at all" in page
    answer = client.post(f"/letters/dead-letters/{DEAD_SHA256}/")
    assert answer.status_code == 409
    assert "Not taken in" in answer.content.decode()
    assert client.post(f"/letters/dead-letters/{DEAD_SHA256}/resolve/").status_code == 403


def test_a_conflict_is_shown_beside_what_is_stored_and_resolved_by_who_may_erase(
    config: PagesConfig, entered: Callable[..., Any], tmp_path: Path
) -> None:
    def payloads(name: str, sessions: tuple[str, ...]) -> list[bytes]:
        with Outbox.open(
            tmp_path / name, site="south", station="hall-2", limit_bytes=10_000_000,
            at_limit="refuse",
        ) as outbox:  # fmt: skip
            for session in sessions:
                outbox.accept(visit(session, 1.0)[0])
            return [message.payload for message in outbox.pending(9)]

    topic = "ps/v2/south/hall-2/result/posture"
    [first] = payloads("card.db", ("one",))
    for copy in tmp_path.glob("card.db*"):  # a copied card goes on under the same numbers
        (tmp_path / copy.name.replace("card", "copy")).write_bytes(copy.read_bytes())
    second = payloads("card.db", ("two",))[-1]
    other = payloads("copy.db", ("other",))[-1]
    with SqliteStore(config.store) as store:
        for payload in (first, second, other):
            store.ingest([examine(Incoming(topic, payload))])
    sha256 = hashlib.sha256(other.partition(b"\n")[0]).hexdigest()
    client = entered("operator", may_erase=True)
    page = client.get(f"/letters/conflicts/{sha256}/").content.decode()
    assert "&quot;session&quot;: &quot;other&quot;" in page
    assert "&quot;session&quot;: &quot;two&quot;" in page
    assert client.post(f"/letters/conflicts/{sha256}/").status_code == 409  # its number is taken
    assert client.post(f"/letters/conflicts/{sha256}/resolve/").status_code == 302
    assert client.get(f"/letters/conflicts/{sha256}/").status_code == 404


def test_a_file_is_followed_through_the_fleet(entered: Callable[..., Any]) -> None:
    client = entered()
    assert "confirmed 1" in client.get("/roll-outs/").content.decode()
    page = client.get(f"/roll-outs/{MODEL_SHA256}/").content.decode()
    assert "hall-1" in page.partition("<tbody>")[2]
    south = entered("viewer", ("south",))
    assert "3.2" not in south.get("/roll-outs/").content.decode()
    assert south.get(f"/roll-outs/{MODEL_SHA256}/").status_code == 404
