"""Visits: who came, as far as the consent said or an operator added. Every change leaves a line."""

from __future__ import annotations

import json

from posture_tools.collector.intake import Key
from posture_tools.collector.sql import Sql

from edge.errors import SettingsInvalid
from edge.norms import UNTOLD, Who
from edge.wire.clock import utc_ns_of
from edge.wire.event import Event

_VISIT = "site = ? AND station = ? AND session = ?"


def take_consent(db: Sql, key: Key, consent: Event) -> None:
    """Take in a consent. A code that an operator has given stays."""
    data = consent.data
    session = _text(data.get("session"))
    if not session:
        return
    inputs = data.get("inputs")
    inputs = inputs if isinstance(inputs, dict) else {}
    age = inputs.get("age_years")
    db.execute(
        "INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"
        " ON CONFLICT (site, station, session) DO UPDATE SET age_years = excluded.age_years,"
        " sex = excluded.sex, inputs = excluded.inputs,"
        " code = CASE WHEN visit.mended = 1 THEN visit.code ELSE excluded.code END",
        (key.site, key.station, session, _text(data.get("code")),
         float(age) if isinstance(age, int | float) and not isinstance(age, bool) else None,
         _text(inputs.get("sex")), json.dumps(inputs, sort_keys=True),
         utc_ns_of(consent.t.utc), key.epoch, key.seq),
    )  # fmt: skip


def told(age_years: float | None, sex: str | None) -> Who:
    """Age and sex out of a row of the table; what is none there is untold."""
    return Who(age_years, "female" if sex == "female" else "male" if sex == "male" else None)


def who_of(db: Sql, site: str, station: str, session: str) -> Who:
    """Age and sex, as the consent of a visit told them so far."""
    row = db.execute(
        f"SELECT age_years, sex FROM visit WHERE {_VISIT}",  # noqa: S608
        (site, station, session),
    ).fetchone()
    return UNTOLD if row is None else told(*row)


def _text(said: object) -> str:
    """A consent is written by the page of the station: what is no text there is none."""
    return said[:200] if isinstance(said, str) else ""


def mend_code(db: Sql, place: tuple[str, str, str], code: str, *, who: str, at: str) -> str:
    """Give a visit another code; the one before. place : site, station and session.

    who : the operator, as he says. at : now, RFC 3339.

    Raises
    ------
    SettingsInvalid : nothing is known of such a visit.
    """
    row = db.execute(f"SELECT code FROM visit WHERE {_VISIT}", place).fetchone()  # noqa: S608
    if row is None:
        first = db.execute(
            f"SELECT epoch, seq, utc_ns FROM result WHERE {_VISIT} ORDER BY utc_ns LIMIT 1",  # noqa: S608
            place,
        ).fetchone()
        if first is None:
            raise SettingsInvalid(
                f"There is no visit {place[2]!r} at {place[0]}/{place[1]}.",
                "Take a session from `posture-collector list`.",
            )
        epoch, seq, utc_ns = first
        db.execute(
            "INSERT INTO visit VALUES (?, ?, ?, '', NULL, '', '{}', 0, ?, ?, ?)",
            (*place, utc_ns, epoch, seq),
        )
    before = str(row[0]) if row else ""
    db.execute(f"UPDATE visit SET code = ?, mended = 1 WHERE {_VISIT}", (code, *place))  # noqa: S608
    db.execute(
        "INSERT INTO audit (at, who, site, station, session, what, was, becomes)"
        " VALUES (?, ?, ?, ?, ?, 'code', ?, ?)",
        (at, who, *place, before, code),
    )
    return before


def forget_visit(db: Sql, site: str, station: str, session: str) -> None:
    """The visit goes; that somebody changed something stays, without what. station : '' for all."""
    meant = "site = ?1 AND ?2 IN ('', station) AND session = ?3"
    values = (site, station, session)
    db.execute(f"DELETE FROM visit WHERE {meant}", values)  # noqa: S608
    db.execute(
        f"UPDATE audit SET session = '', was = '', becomes = '' WHERE {meant}",  # noqa: S608
        values,
    )
