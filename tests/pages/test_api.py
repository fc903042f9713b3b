"""REST as another program uses it: its token, its sites, its rights, and what it does not get."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from django.test import Client
from posture_tools.collector.archive import files
from pyarrow import parquet
from simulators.pages_world import CODE

EXPORTS = ("/api/measures.csv", "/api/measures.parquet", "/api/measures.fhir.json")
PATHS = ("/api/visits", "/api/visits/north/hall-1/spring", "/api/stations", *EXPORTS)


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


def content(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content)


def test_stations_come_in_parts(token: Callable[..., Any]) -> None:
    client, headers = Client(), token()
    whole = client.get("/api/stations", headers=headers).json()
    parts = [
        client.get(f"/api/stations?limit=1&skip={skip}", headers=headers).json()
        for skip in range(len(whole) + 1)
    ]
    assert [each for part in parts for each in part] == whole
    assert [len(part) for part in parts] == [1] * len(whole) + [0]


def test_exporting_is_a_right_of_its_own(token: Callable[..., Any]) -> None:
    client = Client()
    for path in EXPORTS:
        assert client.get(path, headers=token()).status_code == 403
    answer = client.get("/api/measures.csv?session=spring", headers=token(may_export="on"))
    rows = list(csv.DictReader(io.StringIO(content(answer).decode())))
    assert {row["session"] for row in rows} == {"spring"}


def test_the_three_formats_hold_the_same_measures(token: Callable[..., Any]) -> None:
    client, headers = Client(), token(may_export="on")
    table, typed, bundle = (content(client.get(path, headers=headers)) for path in EXPORTS)
    lines = list(csv.DictReader(io.StringIO(table.decode())))
    rows = parquet.read_table(io.BytesIO(typed)).to_pylist()
    observations = [
        each["resource"]
        for each in json.loads(bundle)["entry"]
        if each["resource"]["resourceType"] == "Observation"
    ]
    assert len(lines) == len(rows) == len(observations) > 200
    assert {row["site"] for row in rows} == {"north", "south"}
    by_csv = sorted(float(row["value"]) for row in lines if row["value"])
    assert by_csv == sorted(row["value"] for row in rows if row["value"] is not None)
    assert by_csv == sorted(
        each["valueQuantity"]["value"] for each in observations if "valueQuantity" in each
    )


def test_an_export_is_of_the_sites_of_its_token(token: Callable[..., Any]) -> None:
    client, headers = Client(), token(may_export="on", sites="south")
    for path in EXPORTS:
        whole = content(client.get(path, headers=headers))
        assert b"elsewhere" in whole or path.endswith("parquet")
        assert b"spring" not in whole
        assert client.get(f"{path}?site=north", headers=headers).status_code == 403
    typed = content(client.get("/api/measures.parquet?site=south", headers=headers))
    assert set(parquet.read_table(io.BytesIO(typed))["site"].to_pylist()) == {"south"}


def test_an_export_is_of_the_days_that_are_named(token: Callable[..., Any]) -> None:
    client, headers = Client(), token(may_export="on")
    head = content(client.get("/api/measures.csv?until=2001-01-01", headers=headers))
    assert len(head.splitlines()) == 1
    whole = content(client.get("/api/measures.csv", headers=headers)).decode()
    days = sorted({row["screened_at"][:10] for row in csv.DictReader(io.StringIO(whole))})
    day = f"/api/measures.csv?since={days[0]}&until={days[-1]}"
    assert len(content(client.get(day, headers=headers)).splitlines()) > 200
    ages = "/api/measures.csv?since=0001-01-01&until=9999-12-31"
    assert content(client.get(ages, headers=headers)).decode() == whole
    for query in ("since=1970", "until=0", "limit=-1", "skip=x"):
        assert client.get(f"/api/measures.csv?{query}", headers=headers).status_code == 422


def test_without_pyarrow_the_others_are_exported(
    token: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda _: None)
    client, headers = Client(), token(may_export="on")
    refused = client.get("/api/measures.parquet", headers=headers)
    assert refused.status_code == 501
    assert "posture-station[parquet]" in refused.json()["detail"]
    assert content(client.get("/api/measures.fhir.json", headers=headers))


def test_every_export_is_logged_with_its_words(token: Callable[..., Any]) -> None:
    from posture_tools.pages.models import AuditLine

    headers = token(may_export="on")
    content(Client().get("/api/measures.fhir.json?site=north&session=spring", headers=headers))
    newest = AuditLine.objects.latest("pk")
    asked = "GET /api/measures.fhir.json?site=north&session=spring"
    assert (newest.what, newest.about) == ("api", asked)
    assert newest.account == headers["x-name"]


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
