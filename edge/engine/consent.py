"""The consent under which a screening was asked for: told once, before its first result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.records import Assessment
from edge.wire.result import Consent

if TYPE_CHECKING:
    from edge.results.outbox import Outbox


class Consents:
    """Commits a consent event for each session that was asked for; its results name that event."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._given: tuple[str, Consent] | None = None  # the latest session's

    def of(self, assessment: Assessment) -> Consent | None:
        """The consent under which this result was taken; None where the person just stepped up.
        Raises as `Outbox.accept_event`."""
        asked = assessment.asked
        if asked is None:
            return None
        if self._given is None or self._given[0] != assessment.session:
            data = {
                "session": assessment.session,
                "code": asked.code,
                "version": asked.consent_version,
                "by": asked.by,
                "inputs": dict(asked.inputs),
            }
            seq = self._outbox.accept_event("consent", data)
            self._given = assessment.session, Consent(seq, asked.consent_version)
        return self._given[1]
