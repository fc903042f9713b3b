"""From stored results to what a report is made of: all results of one visit, by its session."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

import msgspec
from posture_tools.collector.facts import as_measure
from posture_tools.collector.intake import Key
from posture_tools.collector.store import Store

from edge.errors import SettingsInvalid
from edge.norms import UNTOLD, Who
from edge.records import Basis, HandSet
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.shown import quoted
from edge.wire.clock import Instant
from edge.wire.codec import decode_result
from edge.wire.order import Inputs
from edge.wire.result import Result

Place = tuple[str, str, str]  # site, station and session


def stored_visit(
    store: Store, result_id: str, before: Sequence[str] = (), *, as_found: bool = False
) -> ReportedVisit:
    """The visit that a result belongs to.

    result_id : `station:epoch:seq` as the message says. before : results of earlier visits of the
        same person, for the trend; the store knows visits, not people.
    as_found : with the first answers, and nothing that was set by hand afterwards.

    Raises
    ------
    SettingsInvalid : no such result in the store.
    """
    place = _visit_of(store, result_id)
    return visit_at(store, place, [_visit_of(store, each) for each in before], as_found=as_found)


def visit_at(
    store: Store, place: Place, before: Sequence[Place] = (), *, as_found: bool = False
) -> ReportedVisit:
    """The visit whose site, station and session are known.

    Raises
    ------
    SettingsInvalid : nothing of it is in the store.
    """
    site, station, session = place
    rows = store.rows(
        "SELECT screened_ns, utc_ns, epoch, seq, body FROM screening"
        " WHERE site = ? AND station = ? AND session = ?"
        " ORDER BY screened_ns, epoch, seq",
        (site, station, session),
    )
    if not rows:
        raise SettingsInvalid(f"There is no visit {quoted(session)} in the store.")
    results = [
        (when_ns, decode_result(body or store.archived(Key(site, station, *name), utc_ns)[0]))
        for when_ns, utc_ns, *name, body in rows
    ]
    views = _answers([result for _, result in results if result.kind != "fms"], as_found)
    scores = [result for _, result in results if result.kind == "fms"]
    newest = results[-1][1]
    earlier = [visit_at(store, each, as_found=as_found) for each in before]
    return ReportedVisit(
        person=session,
        screened_at=Instant(results[0][0], "synced", "", 0).utc,
        station=station,
        software=newest.sw,
        models=tuple(dict.fromkeys(f"{m.name} {m.version}" for _, r in results for m in r.models)),
        views=tuple(_seen(result) for result in views),
        scores=tuple(as_measure(m) for m in scores[-1].measures) if scores else (),
        scores_origin=scores[-1].origin if scores else "unknown",
        consent=newest.consent.version if newest.consent is not None else "",
        who=_who(store, site, newest),
        before=tuple(sorted(earlier, key=lambda visit: visit.screened_at)),
    )


def _answers(views: list[Result], as_found: bool) -> list[Result]:
    """Of an answer and its correction, both of which stay stored, the one that a page shows."""
    if as_found:
        return [result for result in views if result.by_hand is None]
    corrected = {result.by_hand.corrects for result in views if result.by_hand is not None}
    return [result for result in views if result.id not in corrected]


def _visit_of(store: Store, result_id: str) -> tuple[str, str, str]:
    station, _, rest = result_id.partition(":")
    epoch, _, seq = rest.partition(":")
    rows = store.rows(
        "SELECT site, session FROM result WHERE station = ? AND epoch = ? AND seq = ?",
        (station, epoch, int(seq) if seq.isdecimal() else -1),
    )
    if not rows:
        raise SettingsInvalid(
            f"There is no result {quoted(result_id)} in the store.",
            "Take an id from `posture-collector list --json`.",
        )
    [(site, session), *_] = rows  # an epoch is one outbox's, so one site's
    return str(site), station, str(session)


def _who(store: Store, site: str, result: Result) -> Who:
    """Age and sex as told when the screening was asked for; nothing where nobody asked."""
    if result.consent is None:
        return UNTOLD
    for (body,) in store.rows(
        "SELECT body FROM event WHERE site = ? AND station = ? AND epoch = ? AND seq = ?"
        " AND kind = 'consent'",
        (site, result.station, result.epoch, result.consent.event_seq),
    ):
        told = json.loads(body)["data"].get("inputs")
        with contextlib.suppress(msgspec.ValidationError):  # what another version wrote
            inputs = msgspec.convert(told, Inputs)
            return Who(inputs.age_years, inputs.sex)
    return UNTOLD


def _seen(result: Result) -> ReportedView:
    quality, hand = result.quality, result.by_hand
    return ReportedView(
        result.view, tuple(as_measure(m) for m in result.measures), result.figure,
        quality.frames_used, quality.frames_seen, quality.min_score, result.origin,
        result.scale_by,
        by_hand=None if hand is None else HandSet(hand.points, hand.by, hand.on),
        basis=Basis(tuple(m.sha256 for m in result.models), result.bodies, result.calibration),
    )  # fmt: skip
