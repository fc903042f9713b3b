"""Options that choose among the stored results, for `list` and `export`."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from posture_tools.cli import argument
from posture_tools.collector.searching import Chosen

from edge.errors import SettingsInvalid

CHOICE = (
    argument("--site", default="", help="Of this site alone."),
    argument("--station", default="", help="Of this station alone."),
    argument("--session", default="", help="Of this session alone."),
    argument(
        "--since", default="", metavar="TIME", help="Screened then or later; UTC unless it says so."
    ),
    argument("--until", default="", metavar="TIME", help="Screened before then."),
    argument("--code", default="", help="Of the person who has this code."),
    argument("--measure", default="", metavar="CODE", help="Results with this measure."),
    argument(
        "--band",
        default="",
        help="Of these only where that measure lies in this band: below, usual or above.",
    ),
    argument("--newest", action="store_true", help="The last ones first, whatever their station."),
    argument("--limit", type=int, default=0, metavar="N", help="So many at most, for one page."),
    argument("--skip", type=int, default=0, metavar="N", help="Leave out the first of them."),
)


def chosen_by(options: Namespace) -> Chosen:
    """The results that the options choose. Raises SettingsInvalid for what is no time, and for
    negative numbers."""
    if options.limit < 0 or options.skip < 0:
        raise SettingsInvalid("--limit and --skip count results.", "Give 0 or more.")
    if options.band and not options.measure:
        raise SettingsInvalid("A band is one of a measure.", "Name it with --measure.")
    return Chosen(
        options.site, options.station, options.session,
        _time(options.since), _time(options.until), options.limit, options.skip,
        options.code, options.measure, options.band, options.newest,
    )  # fmt: skip


def _time(said: str) -> datetime | None:
    if not said:
        return None
    try:
        when = datetime.fromisoformat(said)
    except ValueError as error:
        raise SettingsInvalid(
            f"{said!r} is no time: {error}.", "Write it like 2026-05-31 or 2026-05-31T14:00+02:00."
        ) from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)
