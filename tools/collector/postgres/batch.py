"""A batch in few statements: what is new goes in together, what came before is recognised together
(stations that wait long send again, and that must not be dearer than the first time), and only the
rest goes one by one.

The rows of `progress` are locked first and in one order. So two workers that have messages of one
epoch take turns: neither can miss the other's keys, and the chain is judged whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from posture_tools.collector import facts
from posture_tools.collector.committing import Answers, receipt, take_one
from posture_tools.collector.dead_letters import evict
from posture_tools.collector.intake import Bad, Good, Key
from posture_tools.collector.linking import judge
from posture_tools.collector.postgres.dialect import Transaction
from posture_tools.collector.store import Outcome
from posture_tools.collector.taking import Answer
from posture_tools.collector.visits import told
from posture_tools.collector.webhooks.queue import queue

from edge.norms import UNTOLD, Norms, Who, shipped_norms
from edge.wire.clock import utc_ns_of
from edge.wire.envelope import GENESIS
from edge.wire.forgotten import forgotten_name
from edge.wire.result import Result

Epoch = tuple[str, str, str]
Name = tuple[str, str, str, int]
Visit = tuple[str, str, str]
_KEYS = "unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]"

_LOCK = (
    f"INSERT INTO progress SELECT * FROM {_KEYS}) ON CONFLICT (site, station, epoch)"
    " DO UPDATE SET newest = GREATEST(progress.newest, excluded.newest)"
    " RETURNING site, station, epoch, newest"
)
_SEE = (
    "INSERT INTO station SELECT site, station, %s, 1, '', '', '', '', '', 0, '', ''"
    " FROM unnest(%s::text[], %s::text[]) AS u(site, station)"
    " ON CONFLICT (site, station) DO UPDATE SET seen_at = excluded.seen_at, online = 1"
)
_BEFORE = (
    "SELECT h.site, h.station, h.epoch, h.seq, COALESCE("
    "(SELECT NULLIF(k.body_sha256, '') FROM ingest_key k WHERE k.site = h.site"
    " AND k.station = h.station AND k.epoch = h.epoch AND k.seq = h.seq - 1),"
    "(SELECT c.sha256 FROM chain_end c WHERE c.site = h.site AND c.station = h.station"
    " AND c.epoch = h.epoch AND c.last = h.seq - 1 LIMIT 1), '')"
    f" FROM {_KEYS}) AS h(site, station, epoch, seq)"
)
_INSERT = (
    "INSERT INTO ingest_key SELECT site, station, epoch, seq, 'stored', sha256, prev, link, %s"
    f" FROM {_KEYS}, %s::text[], %s::text[], %s::text[])"
    " AS u(site, station, epoch, seq, sha256, prev, link)"
    " ON CONFLICT DO NOTHING RETURNING site, station, epoch, seq"
)
_SAME = (
    "SELECT k.site, k.station, k.epoch, k.seq FROM ingest_key k"
    f" JOIN {_KEYS}, %s::text[]) AS u(site, station, epoch, seq, sha256)"
    " USING (site, station, epoch, seq) WHERE k.body_sha256 = u.sha256 AND k.fate <> 'rejected'"
)
_FOLLOWERS = (
    "UPDATE ingest_key k SET link = CASE WHEN k.prev_sha256 = u.sha256 THEN 'ok' ELSE 'broken' END"
    f" FROM {_KEYS}, %s::text[]) AS u(site, station, epoch, seq, sha256)"
    " WHERE k.site = u.site AND k.station = u.station AND k.epoch = u.epoch"
    " AND k.seq = u.seq + 1 AND k.prev_sha256 <> ''"
)
_RESULT_TYPES = ["text", "text", "text", "int8", "text", "text", "text", "int8", "text", "text",
                 "int8", "text", "bytea", "bytea"]  # fmt: skip
_MEASURE_TYPES = [
    *("text", "text", "text", "int8", "int8", "int8", "text", "text", "text", "float8", "text"),
    *("float8", "float8", "float8", "text", "text", "text", "text", "text"),
]


def commit(db: Transaction, batch: Sequence[Good | Bad], at: str) -> Outcome:
    """Take in a batch, with the same outcome as `committing.commit`."""
    outcome = Outcome()
    answers: Answers = {}
    newest = _lock(db, batch)
    places = sorted({(i.key.site, i.key.station) for i in batch if i.key is not None})
    if places:
        db.connection.execute(_SEE, (at, *_columns(places)))
    plain = _plain(db, batch)
    new = _store(db, plain, at)
    here = new | _same(db, {name: plain[name] for name in sorted(plain.keys() - new)})
    for item in batch:
        first = plain.get(_name(item.key)) if isinstance(item, Good) else None
        if first is None or first.body_sha256 != item.body_sha256 or _name(first.key) not in here:
            take_one(db, item, at, outcome, answers)
            continue
        what: Literal["stored", "duplicate"] = "duplicate"
        if first is item and _name(first.key) in new:
            what = "stored"
            outcome.stored.append(first)
        outcome.duplicates += what == "duplicate"
        answer = Answer(first.key.seq, first.body_sha256, what)
        answers.setdefault((first.address.topics, first.key.epoch), []).append(answer)
    for site, station, epoch, seq in sorted(plain.keys() - here):
        judge(db, Key(site, station, epoch, seq + 1))  # its link was guessed from this batch
    if outcome.dead:
        evict(db)
    queue(db, outcome.stored)
    for (topics, epoch), given in answers.items():
        known = newest[topics.site, topics.station, epoch]
        outcome.receipts.append((topics, receipt(topics, epoch, known, given)))
    return outcome


def _name(key: Key) -> Name:
    return key.site, key.station, key.epoch, key.seq


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _lock(db: Transaction, batch: Iterable[Good | Bad]) -> dict[Epoch, int]:
    """Hold every epoch that the batch may touch; the newest number of each, with this batch."""
    newest: dict[Epoch, int] = {}

    def touch(epoch: Epoch, seq: int) -> None:
        newest[epoch] = max(seq, newest.get(epoch, 0))

    for item in batch:
        if (key := item.key) is None:
            continue
        touch((key.site, key.station, key.epoch), key.seq)
        for was in item.message.was if isinstance(item, Good) else ():
            touch((key.site, key.station, was.epoch), was.seq)
    if not newest:
        return {}
    rows = sorted((*epoch, seq) for epoch, seq in newest.items())
    found = db.connection.execute(_LOCK, _columns(rows)).fetchall()
    return {(site, station, epoch): seq for site, station, epoch, seq in found}


def _plain(db: Transaction, batch: Iterable[Good | Bad]) -> dict[Name, Good]:
    """Results without an earlier name that nobody erased; the first of each number."""
    found: dict[Name, Good] = {}
    sessions: dict[str, str] = {}
    for item in batch:
        if isinstance(item, Good) and isinstance(item.message, Result) and not item.message.was:
            found.setdefault(_name(item.key), item)
    for item in found.values():
        assert isinstance(item.message, Result)  # noqa: S101 - for the checker
        sessions[item.message.session] = ""
    by_site = {
        forgotten_name(site, "session", session): (site, session)
        for site in {item.key.site for item in found.values()}
        for session in sessions
    }
    rows = db.connection.execute(
        "SELECT DISTINCT sha256 FROM forgotten WHERE sha256 = ANY(%s)", (list(by_site),)
    ).fetchall()
    gone = {by_site[sha256] for (sha256,) in rows}
    return {
        name: item
        for name, item in found.items()
        if not gone or (item.key.site, getattr(item.message, "session", "")) not in gone
    }


def _store(db: Transaction, plain: dict[Name, Good], at: str) -> set[Name]:
    """Insert what is new; the names of it. Sorted, as everything that takes locks."""
    if not plain:
        return set()
    names = sorted(plain)
    links = _links(db, names, plain)
    rows = [
        (*name, plain[name].body_sha256, plain[name].message.prev_sha256, links[name])
        for name in names
    ]
    new = set(db.connection.execute(_INSERT, (at, *_columns(rows))).fetchall())
    fresh = [plain[name] for name in names if name in new]
    norms, whose = shipped_norms(), _whose(db, fresh)
    # Rows are made while the server takes in those before.
    _copy(db, "result", _RESULT_TYPES, (_result_row(item) for item in fresh))
    measures = (_measure_rows(item, norms, whose) for item in fresh)
    _copy(db, "measure", _MEASURE_TYPES, itertools.chain.from_iterable(measures))
    ends = [(*n, plain[n].body_sha256) for n in sorted(new) if (*n[:3], n[3] + 1) not in new]
    if ends:
        db.connection.execute(_FOLLOWERS, _columns(ends))
    return new


def _result_row(item: Good) -> facts.Row:
    message, t = item.message, item.message.t
    assert isinstance(message, Result)  # noqa: S101 - for the checker
    return (
        *_name(item.key), message.kind, message.session, message.view, utc_ns_of(t.utc), t.state,
        t.boot_id, t.boottime_ns, message.origin, item.body, item.seal_bytes,
    )  # fmt: skip


def _measure_rows(item: Good, norms: Norms, whose: dict[Visit, Who]) -> Iterator[facts.Row]:
    message, key = item.message, item.key
    assert isinstance(message, Result)  # noqa: S101 - for the checker
    who = whose.get((key.site, key.station, message.session), UNTOLD)
    return facts.measure_rows(key, message, utc_ns_of(message.t.utc), norms, who)


def _same(db: Transaction, known: dict[Name, Good]) -> set[Name]:
    """The messages that the store has with this very body."""
    if not known:
        return set()
    rows = [(*name, item.body_sha256) for name, item in known.items()]
    return set(db.connection.execute(_SAME, _columns(rows)).fetchall())


def _whose(db: Transaction, new: Sequence[Good]) -> dict[Visit, Who]:
    """Age and sex by site, station and session, as far as consents told them."""
    sessions = {getattr(item.message, "session", "") for item in new}
    rows = db.connection.execute(
        "SELECT site, station, session, age_years, sex FROM visit WHERE session = ANY(%s)",
        (list(sessions),),
    ).fetchall()
    return {(site, station, session): told(age, sex) for site, station, session, age, sex in rows}


def _links(db: Transaction, names: Sequence[Name], plain: dict[Name, Good]) -> dict[Name, str]:
    """How each message is linked to the one before: ok, broken, or '' while that has not come."""
    heads = [n for n in names if n[3] > 1 and (*n[:3], n[3] - 1) not in plain]
    before = {}
    if heads:
        for *name, sha256 in db.connection.execute(_BEFORE, _columns(heads)).fetchall():
            before[tuple(name)] = sha256
    links = {}
    for name in names:
        previous = (*name[:3], name[3] - 1)
        if name[3] == 1:
            sha256 = GENESIS
        elif previous in plain:
            sha256 = plain[previous].body_sha256
        else:
            sha256 = before[name]
        said = plain[name].message.prev_sha256
        links[name] = "" if not sha256 or not said else "ok" if said == sha256 else "broken"
    return links


def _copy(db: Transaction, table: str, types: list[str], rows: Iterable[Sequence[Any]]) -> None:
    with (
        db.connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
