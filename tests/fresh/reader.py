"""Somebody who logs in on the collector's pages and reads a screening, with nothing but Python."""

from __future__ import annotations

import html
import http.cookiejar
import re
import urllib.parse
import urllib.request


class Browser:
    """What of a browser the pages need: cookies, forms, redirects."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def get(self, path: str) -> str:
        return self._opener.open(self._address + path, timeout=30).read().decode()

    def enter(self, name: str, password: str) -> None:
        form = self.get("/enter/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token is not None
        sent = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
        request = urllib.request.Request(  # noqa: S310 - of this machine
            self._address + "/enter/", urllib.parse.urlencode(sent).encode(),
            {"Referer": self._address + "/enter/"},
        )  # fmt: skip
        self._opener.open(request, timeout=30).read()


def read_screening(said: str, address: str) -> str:
    """The page of the newest visit, as HTML.

    said : what the guide's programs said; the password that was made for anna stands in it.

    Raises
    ------
    LookupError : no password was said, or no visit is on the page.
    """
    made = re.search(r"Password: (\S+)", said)
    if made is None:
        raise LookupError("no password was said")
    browser = Browser(address)
    browser.enter("anna", made[1])
    visits = browser.get("/visits/")
    link = re.search(r'href="(/visits/[^/"]+/[^/"]+/[^/"]+/)"', visits)
    if link is None:
        raise LookupError(f"no visit on the page: {text_of(visits)}")
    return browser.get(link[1])


def text_of(page: str) -> str:
    """What a reader sees of a page, a line for each piece."""
    page = re.sub(r"<(script|style|svg|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r"</?(?:b|i|em|strong|span|a|abbr|small|sup|sub)\b[^>]*>", "", page)
    lines = (" ".join(html.unescape(p).split()) for p in re.split(r"<[^>]+>", page))
    return "\n".join(line for line in lines if line)
