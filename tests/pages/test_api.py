"""REST as another program uses it: its token, its sites, its rights, and what it does not get."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from django.test import Client
from simulators.pages_world import CODE


@pytest.fixture
def token(entered: Callable[..., Any]) -> Callable[..., dict[str, str]]:
    """A token as an administrator makes it on the page, as the header that shows it."""
    from itertools import count

    numbers = count()
    admin = entered("admin")

    def make(**given: str) -> dict[str, str]:
        name = f"{admin.session.session_key}-{next(numbers)}"
        page = admin.post("/tokens/", {"name": name, **given}).content.decode()
        shown = page.partition("<code>")[2].partition("</code>")[0]
        return {"authorization": f"Bearer {shown}", "x-name": name}

    return make


def test_visits_come_in_pages_and_whole(token: Callable[..., Any]) -> None:
    client, headers = Client(), token()
    found = client.get(f"/api/visits?code={CODE}", headers=headers).json()
    assert [each["session"] for each in found["visits"]] == ["autumn", "spring"]
    assert found["older"] is None
    visit = client.get("/api/visits/north/hall-1/autumn", headers=headers).json()
    tilts = [m for m in visit["measures"] if m["code"] == "shoulder_tilt" and m["view"] == "front"]
    assert tilts[0]["value"] == pytest.approx(7.0, abs=0.3)
    assert tilts[0]["u95"] > 0
    refused = [m for m in visit["measures"] if m["value"] is None]
    assert all(m["why"] for m in refused)


def test_answers_are_what_the_description_says(
    token: Callable[..., Any], entered: Callable[..., Any]
) -> None:
    described = entered("viewer").get("/api/openapi.json").json()
    client, headers = Client(), token()
    for path, called in (
        ("/api/visits", "VisitPage"),
        ("/api/visits/north/hall-1/spring", "VisitDetail"),
    ):
        schema = {"$ref": f"#/components/schemas/{called}", "components": described["components"]}
        jsonschema.validate(client.get(path, headers=headers).json(), schema)


def test_a_token_of_one_site_sees_nothing_of_another(token: Callable[..., Any]) -> None:
    client, headers = Client(), token(sites="south")
    visits = client.get("/api/visits", headers=headers).json()["visits"]
    assert {each["site"] for each in visits} == {"south"}
    stations = client.get("/api/stations", headers=headers).json()
    assert {each["site"] for each in stations} == {"south"}
    assert client.get("/api/visits/north/hall-1/spring", headers=headers).status_code == 404


def test_exporting_is_a_right_of_its_own(token: Callable[..., Any]) -> None:
    client = Client()
    assert client.get("/api/measures.csv", headers=token()).status_code == 403
    answer = client.get("/api/measures.csv?session=spring", headers=token(may_export="on"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert {row["session"] for row in rows} == {"spring"}


def test_a_revoked_token_ends(token: Callable[..., Any], entered: Callable[..., Any]) -> None:
    headers = token()
    client = Client()
    assert client.get("/api/stations", headers=headers).status_code == 200
    assert entered("admin").post("/tokens/", {"revoke": headers["x-name"]}).status_code == 302
    assert client.get("/api/stations", headers=headers).status_code == 401


def test_what_is_out_of_bounds_is_said_and_nothing_breaks(token: Callable[..., Any]) -> None:
    client, headers = Client(), token()
    for query in ("skip=-1", "skip=99999999999999999999", "since=yesterday", f"code={'x' * 99}"):
        assert client.get(f"/api/visits?{query}", headers=headers).status_code == 422
