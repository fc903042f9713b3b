"""What every answer carries: the reader's language, and headers that keep others out."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from posture_tools.pages.words import language_of

_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)

Answer = Callable[[HttpRequest], HttpResponse]


class OwnLanguage:
    """The framework's own texts in the language that the account chose, or the browser asks for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override("zh-hans" if language == "zh" else language):
            return self._answer(request)


class GuardingHeaders:
    """No script but our own files, no frame, nothing of a person in a cache.

    A view that sets its own policy keeps it: the printed sheet has its style in itself.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._answer(request)
        answer.headers.setdefault("Content-Security-Policy", _CONTENT)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return answer
