"""The pages' texts in the reader's language; names of measures and reasons are the reports' own."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from posture_tools.pages.models import Account

from edge.report.words import LANGUAGES, Words
from edge.report.words import words as report_words


@cache
def page_words(language: str) -> Words:
    """All texts of the pages in one of the four languages: of `words_`, `live_` and `keep_`."""
    folder = resources.files("posture_tools.pages")
    tables: dict[str, Any] = {}
    for name in ("words", "live", "keep"):
        text = folder.joinpath(f"{name}_{language}.toml").read_text(encoding="utf-8")
        tables |= tomllib.loads(text)
    return Words(report_words(language).language, tables)


def language_of(request: HttpRequest) -> str:
    """The account's choice, else the first that the browser asks for, else English."""
    account = getattr(request, "user", None)
    if isinstance(account, Account) and account.language in LANGUAGES:
        return account.language
    asked = request.headers.get("Accept-Language", "")
    for part in asked.split(","):
        language = part.split(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


def active_words() -> Words:
    """The words in the language of the request that is being answered, for code that has no request
    at hand."""
    return page_words((translation.get_language() or "en").partition("-")[0])


def active_report_words() -> Words:
    """The reports' own in that language."""
    return report_words(active_words().language)


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template: `say` the pages' texts by table and key, and the language of the page."""
    from posture_tools.pages.access import rights_of

    language = language_of(request)
    account = getattr(request, "user", None)
    rights = {r.value for r in rights_of(account)} if isinstance(account, Account) else set()
    return {
        "say": page_words(language).tables,
        "language": language,
        "bcp47": report_words(language).language and LANGUAGES[report_words(language).language],
        "rights": rights,
        "commanded_site": settings.PAGES.site,
        "takes_uploads": settings.PAGES.uploads,
        "zone": settings.PAGES.time_zone,
        "idle_s": settings.PAGES.idle_minutes * 60,
    }
