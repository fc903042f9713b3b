"""What a reader of a page reads of it, and what of that is not in the page's language."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNREAD = ("script", "style")
_VOID = ("br", "img", "input", "link", "meta", "hr")
_SAID = ("alt", "aria-label", "placeholder", "title")
_LATIN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z'’-]*[A-Za-z](?![A-Za-z0-9])")


class _Reader(HTMLParser):
    """Texts outside of what says that it is no text of the page: `translate="no"` for names and
    identifiers, another `lang` for what is quoted."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._language = language
        self._skips: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        other = told.get("lang") not in (None, self._language)
        skips = (
            tag in _UNREAD or other or told.get("translate") == "no"
            or bool(self._skips and self._skips[-1])
        )  # fmt: skip
        if not skips:
            self.said += [
                text for name, text in attrs
                if text and (name in _SAID or (name.startswith("data-") and " " in text))
            ]  # fmt: skip
        if tag not in _VOID:
            self._skips.append(skips)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._skips:
            self._skips.pop()

    def handle_data(self, data: str) -> None:
        if not (self._skips and self._skips[-1]):
            self.said.append(data)


def texts(page: str, language: str) -> list[str]:
    """language : as `<html lang>` has it."""
    reader = _Reader(language)
    reader.feed(page)
    return [text.strip() for text in reader.said if text.strip()]


def latin_words(page: str, language: str) -> set[str]:
    """Words of two letters and more that no reader of Chinese, Korean or Japanese expects."""
    return {word for text in texts(page, language) for word in _LATIN.findall(text)}
