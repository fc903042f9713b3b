"""Uploading and moving points on the pages, as far as no browser is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from posture_tools.pages.config import PagesConfig
from simulators.uploaded import give, jpeg, rendered

TOLD = {"code": "P-0200", "consent_version": "2026-05", "days": "7", "stature_mm": "1700"}


@pytest.fixture
def session(config: PagesConfig, request: pytest.FixtureRequest) -> str:
    """An uploaded visit of its own."""
    from posture_tools.pages.pictures import uploads

    name = f"up-{abs(hash(request.node.name)):x}"
    give(uploads(), name, code="P-0201")
    return name


def photos(count: int = 1) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"Anna {n}.jpg", jpeg(rendered())) for n in range(count)]


def test_an_operator_uploads_and_comes_to_the_picture(entered: Callable[..., Any]) -> None:
    client = entered("operator", ("north",))
    answer = client.post("/uploads/north/", TOLD | {"photos": photos()}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "P-0200" in page
    path = answer.redirect_chain[-1][0]
    picture = client.get(f"{path}picture/")
    data = picture.content
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Cache-Control"] == "no-store"
    assert data[:2] == b"\xff\xd8"
    assert b"Exif" not in data
    visit = client.get(f"/visits/north/uploads/{path.split('/')[3]}/").content.decode()
    assert "uploaded" in visit
    assert f'href="{path}"' in visit


@pytest.mark.parametrize(
    ("told", "files", "said"),
    [
        ({"days": "8"}, 1, "More than 7 days only where the consent says so"),
        ({}, 0, "From 1 to 6"),
        ({}, 7, "From 1 to 6"),
        ({"stature_mm": "17"}, 1, "500"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(
    entered: Callable[..., Any], told: dict[str, str], files: int, said: str
) -> None:
    from posture_tools.pages.pictures import uploads

    before = list(uploads().kept.folders.folders())
    answer = entered("operator").post("/uploads/north/", TOLD | told | {"photos": photos(files)})
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert list(uploads().kept.folders.folders()) == before


def test_a_file_that_is_no_picture_is_said_without_its_name(entered: Callable[..., Any]) -> None:
    files = [SimpleUploadedFile("Anna Meier.jpg", b"no picture at all")]
    page = entered("operator").post("/uploads/north/", TOLD | {"photos": files}).content.decode()
    assert "photo 1 is neither a photograph" in page
    assert "Meier" not in page


def test_measures_follow_the_points_and_nothing_is_stored(
    entered: Callable[..., Any], session: str
) -> None:
    from posture_tools.pages import reading

    client = entered("operator")
    stored = reading.store().rows("SELECT COUNT(*) FROM result")
    path = f"/uploads/north/{session}/1/measures/"
    still = client.post(path, json.dumps({}), "application/json").content.decode()
    assert "changed" not in still
    moved = {"points": {"left_shoulder": [640.0, 600.0]}, "view": None}
    after = client.post(path, json.dumps(moved), "application/json").content.decode()
    assert "changed" in after
    assert reading.store().rows("SELECT COUNT(*) FROM result") == stored
    for bad in ({"points": {"left_shoulder": [-5, 0]}}, {"points": {"tail": [1, 1]}}, {"x": 1}, []):
        assert client.post(path, json.dumps(bad), "application/json").status_code == 422


def test_saved_points_are_the_answer_and_the_first_one_can_be_seen(
    entered: Callable[..., Any], session: str
) -> None:
    from posture_tools.pages.models import AuditLine

    client = entered("operator")
    path = f"/uploads/north/{session}/1/"
    moved = json.dumps({"points": {"left_shoulder": [640.0, 600.0]}})
    assert client.post(path, {"moved": moved}).status_code == 302
    visit = f"/visits/north/uploads/{session}/"
    page = client.get(visit).content.decode()
    assert "Set by hand by operator-" in page
    assert "left shoulder" in page
    first = client.get(f"{visit}?answer=first").content.decode()
    assert "Set by hand" not in first
    assert "This is the first answer" in first
    assert ("move points", f"uploads {session} 1") in AuditLine.objects.values_list("what", "about")


def test_reviewed_pictures_are_gone_and_the_visit_says_so(
    entered: Callable[..., Any], session: str
) -> None:
    client = entered("operator")
    answer = client.post(f"/uploads/north/{session}/", follow=True)
    assert "The pictures of this visit have been deleted" in answer.content.decode()
    for path in ("", "picture/"):
        assert client.get(f"/uploads/north/{session}/1/{path}").status_code == 404


def test_a_picture_is_for_operators_of_its_site(entered: Callable[..., Any], session: str) -> None:
    path = f"/uploads/north/{session}/1/picture/"
    assert entered("viewer").get(path).status_code == 403
    assert entered("operator", ("south",)).get(path).status_code == 403
    # the same session under a site of one's own is another folder
    assert entered("operator", ("south",)).get(path.replace("north", "south")).status_code == 404


def test_a_station_has_no_such_page_and_its_visit_says_why(entered: Callable[..., Any]) -> None:
    client = entered("operator")
    page = client.get("/visits/north/hall-1/spring/").content.decode()
    assert "A station keeps no picture" in page
    assert client.get("/uploads/north/spring/1/").status_code == 404


@pytest.fixture
def off(config: PagesConfig) -> Iterator[None]:
    with override_settings(PAGES=replace(config, uploads=False)):
        yield


def test_where_uploads_are_off_the_page_says_so(
    off: None, entered: Callable[..., Any], session: str
) -> None:
    client = entered("operator")
    assert "not switched on here" in client.get("/uploads/north/").content.decode()
    assert client.post("/uploads/north/", TOLD | {"photos": photos()}).status_code == 409
    assert client.get(f"/uploads/north/{session}/1/").status_code == 404
    assert "/uploads/" not in client.get("/visits/").content.decode().partition("<main")[0]
