"""One signed file over a bad link: resumed, rate-limited, patient, and never longer than signed."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import urllib3

from edge.errors import UpdateDelayed, UpdateRefused
from edge.files import write_durably
from edge.mqtt.backoff import delay_s
from edge.update.web import Web

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of a download over a bad link: its rate, and how long it goes on trying.

    rate_bytes_s : the most it takes of the link. least_bytes_s : a link slower than this over
    window_s is given up (slow retrieval). fruitless : attempts in a row that came no further than
    one before them.
    """

    rate_bytes_s: float = 512e3
    least_bytes_s: float = 1e3
    window_s: float = 30.0
    fruitless: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 300.0


class Download:
    """A file on its way into `part`, which outlives every interruption.

    The server's strong ETag lies beside it: with If-Range the rest comes only if the file is still
    the same one. Without a strong ETag every attempt starts anew.
    """

    def __init__(
        self,
        web: Web,
        url: str,
        part: Path,
        size_bytes: int,
        patience: Patience,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._web = web
        self._url = url
        self._part = part
        self._tag = part.with_suffix(".etag")
        self._size_bytes = size_bytes
        self._patience = patience
        self._sleep = sleep
        self.attempts = 0

    def complete(self) -> None:
        """Fetch until the part has the signed length.

        Raises
        ------
        UpdateDelayed : http_<status> (4xx is final), slow, unreachable; what came is kept.
        UpdateRefused : endless; the part is removed.
        """
        fruitless = 0
        furthest = self._held_bytes()  # a file that is short at the server begins anew for ever
        while self._held_bytes() < self._size_bytes:
            self.attempts += 1
            try:
                self._attempt()
            except (urllib3.exceptions.HTTPError, UpdateDelayed) as error:
                if isinstance(error, UpdateDelayed) and error.reason.startswith("http_4"):
                    raise
                logger.debug("%s: %s", self._url, error)
                fruitless = 0 if self._held_bytes() > furthest else fruitless + 1
                furthest = max(furthest, self._held_bytes())
                if fruitless >= self._patience.fruitless:
                    raise self._given_up(error) from error
                self._sleep(self._wait_s(fruitless))
        self._tag.unlink(missing_ok=True)

    def _held_bytes(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _wait_s(self, fruitless: int) -> float:
        """Exponential with full jitter, so that a fleet does not come back in step."""
        patience = self._patience
        longest_s = delay_s(patience.first_wait_s, fruitless, patience.longest_wait_s)
        return random.uniform(0, longest_s)  # noqa: S311

    def _given_up(self, error: Exception) -> UpdateDelayed:
        reason = error.reason if isinstance(error, UpdateDelayed) else "unreachable"
        return UpdateDelayed(
            reason,
            f"{self._url}: given up after {self.attempts} attempts: {error}.",
            "The next run goes on where this one ended.",
        )

    def _attempt(self) -> None:
        held = self._held_bytes()
        tag = self._kept_tag()
        resuming = held > 0 and tag != ""
        headers = {"Range": f"bytes={held}-", "If-Range": tag} if resuming else {}
        with self._web.get(self._url, headers) as response:
            if response.status == 416:  # the part is longer than the server's file
                self._part.unlink()
                raise UpdateDelayed("range", f"{self._url} has no bytes from {held} on.")
            if response.status not in (200, 206):
                raise UpdateDelayed(
                    f"http_{response.status}", f"{self._url}: HTTP {response.status}."
                )
            goes_on = response.status == 206 and response.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {held}-")
            if response.status == 206 and not goes_on:
                self._part.unlink(missing_ok=True)
                raise UpdateDelayed("range", f"{self._url} answered another range.")
            if not goes_on:
                self._start_anew(response.headers.get("ETag", ""))
            self._take(response, held if goes_on else 0)

    def _kept_tag(self) -> str:
        """Of the file that the part was begun of; "" where that is not known, or was damaged on the
        disk: then it begins anew."""
        try:
            tag = self._tag.read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return ""
        return tag if tag.startswith('"') and tag.isprintable() else ""

    def _start_anew(self, tag: str) -> None:
        self._part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)
        if tag.startswith('"'):  # weak ones (W/) promise nothing about bytes
            write_durably(self._tag, tag.encode("ascii", "ignore"))

    def _take(self, response: urllib3.BaseHTTPResponse, held: int) -> None:
        began_s = window_began_s = time.monotonic()
        taken = window_bytes = 0
        with self._part.open("ab") as part:
            for chunk in self._web.chunks(response):
                if held + taken + len(chunk) > self._size_bytes:
                    self._part.unlink()
                    raise UpdateRefused(
                        "endless", f"{self._url} sends more than the signed {self._size_bytes} B."
                    )
                part.write(chunk)
                part.flush()
                taken += len(chunk)
                window_bytes += len(chunk)
                ahead_s = taken / self._patience.rate_bytes_s - (time.monotonic() - began_s)
                if ahead_s > 0:
                    self._sleep(ahead_s)
                window_s = time.monotonic() - window_began_s
                if window_s > self._patience.window_s:
                    if window_bytes / window_s < self._patience.least_bytes_s:
                        raise UpdateDelayed("slow", f"{self._url} sends {window_bytes} B a window.")
                    window_began_s, window_bytes = time.monotonic(), 0
        if held + taken < self._size_bytes:
            raise UpdateDelayed("cut", f"{self._url} ended at byte {held + taken}.")
