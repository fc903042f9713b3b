"""Who may reach what: every address of the table, every role, every verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from simulators.pages_table import ADDRESSES, OPEN, ROLES
from simulators.pages_world import CODE
from simulators.uploaded import SESSION

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_every_address_has_a_row_that_says_what_it_says(config: Any) -> None:
    from django.urls import URLPattern, URLResolver, resolve
    from posture_tools.pages.urls import urlpatterns

    own = [each for each in urlpatterns if isinstance(each, URLPattern)]
    assert {each.name for each in own} == set(ADDRESSES) | OPEN
    # what hangs under another file of addresses: test_api_matrix.py has a row for each of it
    assert [str(e.pattern) for e in urlpatterns if isinstance(e, URLResolver)] == ["api/"]
    for each in own:
        if each.name in OPEN:
            assert getattr(each.callback, "login_required", True) == (each.name == "leave")
            continue
        path, right, verbs = ADDRESSES[each.name]
        assert resolve(path.partition("?")[0]).url_name == each.name
        assert (each.callback.right.value, each.callback.methods) == (right, verbs), each.name


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_it_may_and_nothing_else(
    role: str, entered: Callable[..., Any]
) -> None:
    client = entered(role)
    for name, (path, right, verbs) in ADDRESSES.items():
        for verb in VERBS:
            answer = client.generic(verb, path)
            answer.close()  # a picture is a file
            status = answer.status_code
            if right not in ROLES[role]:
                assert status == 403, (name, verb)
            elif verb not in verbs:
                assert status == 405, (name, verb)
            elif verb == "GET":
                assert status in (200, 302), (name, verb)


def test_nothing_is_shown_to_nobody(config: Any) -> None:
    client = Client()
    for name, (path, _, _) in ADDRESSES.items():
        for verb in VERBS:
            answer = client.generic(verb, path)
            assert answer.status_code == 302, (name, verb)
            assert answer.headers["Location"].startswith("/enter/")


def test_an_account_of_one_site_sees_nothing_of_another(entered: Callable[..., Any]) -> None:
    client = entered("admin", ("south",))
    for name, (path, _, _) in ADDRESSES.items():
        for verb in VERBS if "/north/" in path else ():
            assert client.generic(verb, path).status_code == 403, (name, verb)
    for path in ("/visits/", "/stations/", "/visits/?code=P-0042", "/stations/rows/"):
        page = client.get(path).content.decode()
        assert "north" not in page.partition("<main")[2]
        assert "spring" not in page
    told = b"".join(client.get("/export/measures.csv").streaming_content).decode()
    assert "elsewhere" in told
    assert "north" not in told


def test_the_session_of_a_shut_out_account_ends(account: Callable[..., Any]) -> None:
    made = account("operator")
    client = Client()
    client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/visits/").status_code == 200
    made.is_active = False
    made.save()
    assert client.get("/visits/").status_code == 302


def test_the_session_of_a_removed_account_ends(account: Callable[..., Any]) -> None:
    made = account("operator", ("north",))
    client = Client()
    client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/visits/").status_code == 200
    made.delete()
    assert client.get("/visits/").status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old(
    account: Callable[..., Any], entered: Callable[..., Any]
) -> None:
    made = account("viewer")
    client = Client()
    client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    admin = entered("admin")
    changed = {"role": "viewer", "is_active": "on", "password": "another long word", "sites": ""}
    assert admin.post(f"/accounts/{made.pk}/", changed).status_code == 302
    assert client.get("/visits/").status_code == 302


def test_too_many_wrong_passwords_lock_the_account_for_that_address(
    account: Callable[..., Any],
) -> None:
    made = account("viewer")
    client = Client()
    wrong = {"username": made.name, "password": "not this one"}
    statuses = [client.post("/enter/", wrong).status_code for _ in range(9)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    right = {"username": made.name, "password": "long enough to try"}
    assert client.post("/enter/", right).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").post("/enter/", right).status_code == 302


def test_a_form_without_its_token_is_refused(account: Callable[..., Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(account("admin"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/accounts/", {"name": "eve"}).status_code == 403


def test_every_look_at_a_person_is_logged_and_the_log_only_grows(
    entered: Callable[..., Any],
) -> None:
    from posture_tools.pages.models import AuditLine

    client = entered("admin")
    before = AuditLine.objects.count()
    client.get("/visits/?code=P-0042")
    client.get("/visits/north/hall-1/spring/")
    client.get("/visits/north/hall-1/spring/sheet/")
    client.get(f"/people/north/{CODE}/")
    list(client.get("/export/measures.csv?session=spring").streaming_content)
    told = [(line.what, line.about) for line in AuditLine.objects.order_by("pk")[before:]]
    assert told == [
        ("search", "P-0042"), ("see", "hall-1 spring"), ("print", "hall-1 spring"),
        ("see", CODE), ("export", "spring"),
    ]  # fmt: skip
    newest = AuditLine.objects.latest("pk")
    for statement in ("UPDATE pages_auditline SET account = 'x' WHERE id = %s",
                      "DELETE FROM pages_auditline WHERE id = %s"):  # fmt: skip
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="only grows"):
            cursor.execute(statement, [newest.pk])
    assert "hall-1 spring" in client.get("/audit/").content.decode()


def test_what_a_page_asks_by_itself_is_logged_once_whoever_asks_it(
    entered: Callable[..., Any],
) -> None:
    from posture_tools.pages.models import AuditLine

    client = entered("admin")
    before = AuditLine.objects.count()
    photo = f"/uploads/north/{SESSION}/1/"
    for _ in range(2):
        assert client.get(f"/visits/rows/?code={CODE}").status_code == 200
        assert client.get(f"{photo}picture/").status_code == 200
        assert client.post(f"{photo}measures/", {}, "application/json").status_code == 200
    client.get(f"/people/north/{CODE}/erase/")
    told = [(line.what, line.about) for line in AuditLine.objects.order_by("pk")[before:]]
    assert told == [("search", CODE), ("see", f"uploads {SESSION} 1"), ("see", CODE)]
    other = entered("admin")
    before = AuditLine.objects.count()
    other.get(photo)
    other.get(f"{photo}picture/")  # which the page shows
    other.get(photo)
    lines = AuditLine.objects.order_by("pk")[before:]
    assert [line.about for line in lines] == [f"uploads {SESSION} 1"] * 2


def test_what_an_answer_says_to_the_browser(entered: Callable[..., Any]) -> None:
    headers = entered("viewer").get("/visits/north/hall-1/spring/").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
