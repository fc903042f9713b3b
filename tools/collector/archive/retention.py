"""A worker's thread that archives months as they grow old, and cleans what erasures have marked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from posture_tools.collector.archive.archiving import archive_months
from posture_tools.collector.archive.cleaning import unclean
from posture_tools.collector.opening import Where, open_store
from posture_tools.collector.store import Store

from edge.errors import PostureError

log = logging.getLogger(__name__)

EVERY_S = 3600.0


def retain(
    at: Where, keep_months: int, stop: threading.Event, on_problem: Callable[[str], None]
) -> None:
    """Archive old months each hour until `stop`, in one of all workers. It has a connection of its
    own to the store, so that intake never waits for it.

    keep_months : 0 archives nothing; files that are there are still cleaned.
    """
    told = ""
    while not stop.is_set():
        text = ""
        try:
            with open_store(at) as store:
                retain_once(store, keep_months)
        except PostureError as problem:
            text = f"Nothing was archived: {problem}"
            on_problem(text)
        if text != told:
            log.log(logging.WARNING if text else logging.INFO, "%s", text or "archiving goes on")
        told = text
        stop.wait(EVERY_S)


def retain_once(store: Store, keep_months: int) -> None:
    """One round of it. Raises as `archive_months`."""
    if not store.lead("retention"):
        return
    if keep_months:
        for month in archive_months(store, keep_months, datetime.now(UTC)):
            log.info("archived: %s, results: %d", month.name, month.results)
    elif unclean(store):
        store.traces(())
