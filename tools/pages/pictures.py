"""The uploaded photographs of this server of pages."""

from __future__ import annotations

import logging
import threading
from functools import cache
from pathlib import Path

from django.conf import settings
from posture_tools.pages import reading
from posture_tools.pages.access import Right, rights_of
from posture_tools.pages.models import Account
from posture_tools.uploads.kept import KeptVisit
from posture_tools.uploads.uploading import Uploads

log = logging.getLogger(__name__)

_TEND_EVERY_S = 20.0


@cache
def _over(_store: Path) -> Uploads:
    return Uploads(reading.store())


def uploads() -> Uploads:
    """Over the store of the pages, one for this process."""
    return _over(settings.PAGES.store)


def visit_for(account: Account, site: str, session: str) -> KeptVisit | None:
    """A visit whose pictures are kept, if the account may see them."""
    if not settings.PAGES.uploads or Right.COMMAND not in rights_of(account):
        return None
    return uploads().kept.visit(site, session)


def sites_of(account: Account) -> tuple[str, ...]:
    """Where an account may upload: its sites, or all that the store knows."""
    names = account.site_names()
    if names is not None:
        return tuple(sorted(names))
    return reading.known_sites() or ("desk",)


def tending(stop: threading.Event) -> None:
    """Keep house until `stop`."""
    while not stop.is_set():
        try:
            uploads().tend()
        except Exception:  # whatever it is, the next round may do better, and pages must go on
            log.exception("uploaded photographs could not be tended")
        stop.wait(_TEND_EVERY_S)
