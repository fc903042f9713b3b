"""Whom a worker believes, without asking the store about a station with each of its messages."""

from __future__ import annotations

import time
from collections.abc import Sequence

from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.store import Store
from posture_tools.collector.trust import Known, Place, judge, known

_ASKED_AGAIN_S = 1.0


class Judge:
    """As `Store.judge`, but what a station's key is may be a second old. So who is revoked is heard
    a second longer; whom that key does not vouch for is asked about again, for it may be new."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Place, Known] = {}
        self._asked_s = 0.0

    def judge(self, items: Sequence[Good | Bad]) -> list[Good | Bad]:
        """Each item, or what is buried in its place.

        Raises
        ------
        StoreFailed : it does not answer.
        """
        now_s = time.monotonic()
        if now_s - self._asked_s > _ASKED_AGAIN_S:
            self._known.clear()
            self._asked_s = now_s
        places = [(item.address.site, item.address.station) for item in items]
        seen = self._known
        if strange := set(places) - self._known.keys():
            asked = known(self._store.rows, strange)
            self._known |= {place: about for place, about in asked.items() if about.key}
            seen = self._known | asked
        judged = [judge(item, seen[place]) for item, place in zip(items, places, strict=True)]
        for number, (item, place) in enumerate(zip(items, places, strict=True)):
            if judged[number] is not item and place not in strange:
                [judged[number]] = self._store.judge([item])
        return judged
