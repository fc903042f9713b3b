"""No word of English stands on a page in another language: every page is opened in each.

What is no text of a page (names, addresses, numbers of versions) says so by `translate="no"`; what
a program or a station says in English is marked as English, for screen readers too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from simulators.html_words import latin_words, texts
from simulators.pages_table import paths_of
from simulators.pages_world import CODE
from simulators.uploaded import SESSION

LANGUAGES = {"zh": "zh-Hans", "ko": "ko", "ja": "ja"}
STATION = "/stations/north/hall-1"
# Names of standards, formats, units and keys: the same in every language.
TERMS = {
    "UTC", "SHA-256", "SHA", "MQTT", "CSV", "MB", "kB", "mm", "REST", "https", "API", "JSON", "QR",
    "Webhook", "EXIF", "PDF", "JavaScript", "Tab", "Shift", "Delete", "Ctrl", "Bearer", "English",
    "FMS", "RMS", "Cobb", "PSIS", "ASIS", "BMI", "ISO", "deg", "OIDC", "Open", "max",
}  # fmt: skip
# What this world calls things: data of whoever reads it.
DATA = {
    "hall", "north", "south", "spring", "autumn", "elsewhere", "up-spring", "uploads", "records",
    "example", "finder", "test", "op",
}  # fmt: skip


@pytest.fixture
def somebody(account: Callable[..., Any]) -> Callable[[str], Client]:
    """An account that is called as no word is, in a language."""
    from posture_tools.pages.models import Account

    def enter(language: str, role: str = "admin") -> Client:
        made = account(role)
        Account.objects.filter(pk=made.pk).update(name=f"{made.pk}", language=language)
        made.refresh_from_db()
        client = Client(headers={"accept-language": language})
        client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


def logged(admin: Client) -> None:
    """One of each act of the audit log, by somebody whom no word names."""
    from posture_tools.pages.models import AuditLine
    from posture_tools.pages.words import page_words

    by = str(admin.session["_auth_user_id"])
    for act in page_words("en").tables["acts"]:
        about = {"answer": "hall-1 screen: done", "enter": "second factor"}.get(act, "hall-1")
        AuditLine.objects.create(
            account=by, address="127.0.0.1", what=act.replace("_", " "), site="north", about=about
        )
    AuditLine.objects.create(
        account=by, address="127.0.0.1", what="answer", site="north",
        about="hall-1 screen: it is full",
    )  # fmt: skip


def wrong(page: str, language: str) -> set[str]:
    return latin_words(page, LANGUAGES[language]) - TERMS - DATA


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_says_a_word_of_english(somebody: Callable[..., Client], language: str) -> None:
    client = somebody(language)
    logged(client)
    found = {}
    for path in (*paths_of("admin"), "/nowhere/", "/visits/?since=yesterday"):
        answer = client.get(path)
        if "text/html" not in answer.headers.get("Content-Type", ""):
            answer.close()
            continue
        page = answer.content.decode()
        if words := wrong(page, language):
            found[path] = sorted(words)
    assert found == {}, "\n".join(f"{path}: {words}" for path, words in found.items())


REFUSED: tuple[tuple[str, dict[str, str]], ...] = (
    (f"{STATION}/screen/", {"code": "a b", "stature_mm": "17", "age_years": "x"}),
    (f"{STATION}/screen/", {"code": "p-1", "consent_version": "1"}),
    (f"{STATION}/screen/", {"code": "p-1", "consent_version": "1", "agreed": "on"}),
    (f"{STATION}/aim/", {"do": "start", "stature_mm": "17"}),
    (f"{STATION}/session/", {"do": "repeat", "session": "s-1", "view": "above"}),
    (f"{STATION}/session/s-1/movements/", {"step": "dance"}),
    ("/uploads/north/", {"code": "a b", "days": "900", "stature_mm": "17"}),
    (f"/uploads/north/{SESSION}/1/", {"moved": "{"}),
    (f"/people/north/{CODE}/erase/", {"again": "no"}),
    ("/accounts/", {"name": "", "role": "9", "password": "short"}),
    ("/accounts/", {"name": "1", "role": "viewer", "password": "long enough to try"}),
    ("/tokens/", {"name": ""}),
    ("/webhooks/", {"name": "no name", "host": "9", "port": "0", "path": "x"}),
    ("/webhooks/", {"name": "records", "host": "records.example", "port": "443", "path": "/"}),
    ("/me/", {"old_password": "x", "new_password1": "y", "new_password2": "z"}),
    ("/me/second/", {"code": "1"}),
)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_refusal_says_a_word_of_english(somebody: Callable[..., Client], language: str) -> None:
    client = somebody(language)
    found = {}
    for path, given in REFUSED:
        page = client.post(path, given).content.decode()
        if words := wrong(page, language):
            found[path] = sorted(words)
    viewer = somebody(language, "viewer")
    for path, page in {
        "403": viewer.get("/accounts/"),
        "the door": Client(headers={"accept-language": language}).get("/enter/"),
    }.items():
        if words := wrong(page.content.decode(), language):
            found[path] = sorted(words)
    assert found == {}, "\n".join(f"{path}: {words}" for path, words in found.items())


def test_an_english_word_would_be_found() -> None:
    page = (
        '<html lang="ja"><p>状態 as offered</p><p lang="en">it is full</p>'
        '<td translate="no">hall</td><input aria-label="Search"><b>UTC</b>'
    )
    assert wrong(page, "ja") == {"as", "offered", "Search"}
    assert "状態 as offered" in texts(page, "ja")
