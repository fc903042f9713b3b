"""HTTP for updates: every read is bounded in bytes and in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface

from edge import __version__

_CHUNK_BYTES = 16 * 1024
_HEADERS = {"User-Agent": f"posture-station/{__version__}", "Accept-Encoding": "identity"}


class Web:
    """A pool of connections. silence_s : longest wait for a connection or for the next bytes."""

    def __init__(self, silence_s: float = 30.0) -> None:
        self._pool = urllib3.PoolManager(
            # One more try each: servers close kept connections at any moment.
            retries=urllib3.Retry(connect=1, read=1, redirect=3, status=0, other=0),
            timeout=urllib3.Timeout(silence_s),
        )

    @contextmanager
    def get(self, url: str, headers: dict[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """A response whose body is still on the way; closed at the end, read to it or not.

        Raises
        ------
        urllib3.exceptions.HTTPError : no connection, or it ended.
        """
        response = self._pool.request(
            "GET", url, headers=_HEADERS | headers, preload_content=False, decode_content=False
        )
        try:
            yield response
        finally:
            response.close()

    @staticmethod
    def chunks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """The body as it arrives. `read1` returns what is there: a trickle is seen as one."""
        while chunk := response.read1(_CHUNK_BYTES):
            yield chunk


class MetadataFetcher(FetcherInterface):
    """Fetches metadata files for the framework, which bounds their length itself.

    budget_s : longest time for one file. Metadata have some kB: a server that needs longer holds
        the station up (slow retrieval attack).
    """

    def __init__(self, web: Web, budget_s: float = 60.0) -> None:
        self._web = web
        self._budget_s = budget_s

    def _fetch(self, url: str) -> Iterator[bytes]:
        # A generator would raise its errors late, outside of the framework's wrapping.
        return iter(self._read(url))

    def _read(self, url: str) -> Iterator[bytes]:
        deadline_s = time.monotonic() + self._budget_s
        try:
            with self._web.get(url, {}) as response:
                if response.status != 200:
                    raise DownloadHTTPError(f"{url}: HTTP {response.status}", response.status)
                for chunk in self._web.chunks(response):
                    if time.monotonic() > deadline_s:
                        raise SlowRetrievalError(f"{url} took longer than {self._budget_s:g} s")
                    yield chunk
        except urllib3.exceptions.HTTPError as error:
            cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
            if isinstance(cause, urllib3.exceptions.TimeoutError) and not isinstance(
                cause, urllib3.exceptions.NewConnectionError
            ):
                raise SlowRetrievalError(f"{url}: {error}") from error
            raise DownloadError(f"{url}: {error}") from error
