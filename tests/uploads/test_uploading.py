"""From a file to results that the store believes; corrections beside them; nothing left over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from posture_tools.collector import erasure
from posture_tools.collector.body import now
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.stored_visit import stored_visit
from posture_tools.collector.trust import withdraw
from posture_tools.collector.verify import findings
from posture_tools.uploads.uploading import File, Uploads
from simulators.uploaded import SESSION, give, jpeg, rendered

from edge.errors import PostureError, SettingsInvalid
from edge.wire.codec import decode_result
from edge.wire.order import Inputs, Order

ORDER = Order("P-0100", "2026-05", Inputs(stature_mm=1700.0))
SHOULDER = {"left_shoulder": (640.0, 520.0)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Of a closed site: only what an enrolled key vouches for is taken."""
    with SqliteStore(tmp_path / "collector.db") as store:
        store.change(lambda db: db.execute("INSERT INTO closed_site VALUES ('north')"))
        yield store


@pytest.fixture
def uploads(store: SqliteStore) -> Iterator[Uploads]:
    uploads = Uploads(store)
    yield uploads
    uploads.close()


def results(store: SqliteStore) -> list:
    return [
        decode_result(bytes(body)) for (body,) in store.rows("SELECT body FROM result ORDER BY seq")
    ]


def test_a_photograph_is_measured_as_assess_measures_it(
    store: SqliteStore, uploads: Uploads, tmp_path: Path
) -> None:
    data = jpeg(rendered())
    visit = uploads.take("north", ORDER, [File(data)], by="anna", days=7)
    (tmp_path / "photo.jpg").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "edge", "assess", str(tmp_path / "photo.jpg"), "--stature-mm",
         "1700", "--json"], check=True, capture_output=True, text=True,
    )  # fmt: skip
    [entry] = json.loads(done.stdout)
    [result] = results(store)
    told = {(m["code"], m["side"]): m for m in entry["people"][0]["measures"]}
    assert len(result.measures) == len(told)
    for measure in result.measures:
        alike = told[measure.code, measure.side]
        assert (measure.value, measure.u95, list(measure.why)) == (
            alike["value"], alike["u95"], alike["why"])  # fmt: skip
    assert (result.origin, result.session, result.view) == ("upload", visit.session, "front")
    assert result.consent is not None
    assert result.consent.version == "2026-05"
    assert list(findings(store)) == []


def test_points_moved_by_hand_are_as_those_of_a_points_file(
    store: SqliteStore, uploads: Uploads, tmp_path: Path
) -> None:
    data = jpeg(rendered())
    visit = uploads.take("north", ORDER, [File(data)], by="anna", days=7)
    uploads.correct(visit, visit.photos[0], {"left_shoulder": (440.0, 410.0)}, by="anna")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(data)
    assess = [sys.executable, "-m", "edge", "assess", "--stature-mm", "1700", "--json"]
    found = subprocess.run([*assess, str(photo)], check=True, capture_output=True, text=True)
    entries = json.loads(found.stdout)
    entries[0]["people"][0]["points"]["left_shoulder"] = [440.0, 410.0]
    entries[0]["people"][0]["points_by"] = "anna"
    (tmp_path / "points.json").write_text(json.dumps(entries))
    moved = subprocess.run(
        [*assess, "--points", str(tmp_path / "points.json")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    [entry] = json.loads(moved.stdout)
    told = {(m["code"], m["side"]): (m["value"], m["u95"]) for m in entry["people"][0]["measures"]}
    corrected = results(store)[-1]
    assert {(m.code, m.side): (m.value, m.u95) for m in corrected.measures} == told


def test_a_correction_says_who_when_and_what_and_the_first_answer_stays(
    store: SqliteStore, uploads: Uploads
) -> None:
    visit = give(uploads, SESSION)
    visit = uploads.correct(visit, visit.photos[0], SHOULDER, by="anna")
    visit = uploads.correct(visit, visit.photos[0], {"left_ear": None}, by="bert")
    first, second, third = results(store)
    assert {each.scale_by for each in (first, second, third)} == {"stature"}
    assert first.by_hand is None
    assert second.by_hand is not None
    assert third.by_hand is not None
    assert second.by_hand.corrects == first.id
    assert third.by_hand.corrects == second.id
    assert (second.by_hand.by, second.by_hand.points) == ("anna", SHOULDER)
    assert second.by_hand.found["left_shoulder"] not in (None, SHOULDER["left_shoulder"])
    assert third.by_hand.points == {"left_ear": None}
    shown = stored_visit(store, first.id)
    assert [seen.by_hand.by for seen in shown.views if seen.by_hand] == ["bert"]
    [as_found] = stored_visit(store, first.id, as_found=True).views
    assert as_found.by_hand is None
    assert [m.value for m in as_found.measures] == [m.value for m in first.measures]
    assert list(findings(store)) == []


@pytest.mark.parametrize(
    "points",
    [{"left_knee": (-1.0, 5.0)}, {"left_knee": (5.0, 1e9)}, {"third_eye": (5.0, 5.0)},
     {"left_knee": (float("nan"), 5.0)}],
)  # fmt: skip
def test_a_point_that_cannot_be_is_refused_and_nothing_is_stored(
    store: SqliteStore, uploads: Uploads, points: dict
) -> None:
    visit = give(uploads, SESSION)
    with pytest.raises(SettingsInvalid):
        uploads.correct(visit, visit.photos[0], points, by="anna")
    assert len(results(store)) == 1


def test_a_file_that_cannot_be_used_leaves_nothing(store: SqliteStore, uploads: Uploads) -> None:
    with pytest.raises(PostureError):
        uploads.take("north", ORDER, [File(jpeg(rendered())), File(b"\xff\xd8 no")], by="a", days=7)
    assert results(store) == []
    assert list(uploads.kept.folders.folders()) == []


def test_pictures_go_when_they_are_due_or_reviewed(store: SqliteStore, uploads: Uploads) -> None:
    give(uploads, "up-week", days=7)
    give(uploads, "up-year", days=365)
    today = datetime.now(UTC)
    assert uploads.kept.expire(store, today + timedelta(days=6, hours=23)) == 0
    assert uploads.kept.expire(store, today + timedelta(days=7, minutes=1)) == 1
    assert uploads.kept.visit("north", "up-week") is None
    assert uploads.kept.visit("north", "up-year") is not None
    assert uploads.kept.drop("north", "up-year")
    assert not any(uploads.kept.folders.pictures.iterdir())
    assert len(results(store)) == 2  # results stay


def test_erasing_a_code_takes_the_pictures_at_once_and_the_desk_proves_it(
    store: SqliteStore, uploads: Uploads
) -> None:
    give(uploads, SESSION)
    give(uploads, "up-other", code="P-0101")
    erasure.erase(store, "north", now(), code="P-0100")
    assert uploads.kept.visit("north", SESSION) is None
    assert uploads.kept.visit("north", "up-other") is not None
    assert erasure.still_open(store, "north") != []
    uploads.tend()
    assert erasure.still_open(store, "north") == []
    assert [result.session for result in results(store)] == ["up-other"]


def test_pictures_of_a_restored_backup_go_again(store: SqliteStore, uploads: Uploads) -> None:
    give(uploads, SESSION)
    folder = uploads.kept.folders.folder("north", SESSION)
    backup = {path.name: path.read_bytes() for path in folder.iterdir()}
    erasure.erase(store, "north", now(), session=SESSION)
    folder.mkdir()
    for name, data in backup.items():
        (folder / name).write_bytes(data)
    uploads.tend()
    assert not folder.exists()


def test_a_store_that_is_away_loses_nothing(
    store: SqliteStore, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed in the desk's outbox comes to the store later, in its order."""
    from edge.errors import StoreFailed

    visit = give(uploads, SESSION)

    def away(_batch: object) -> None:
        raise StoreFailed("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "ingest", away)
        with pytest.raises(StoreFailed):
            uploads.correct(visit, visit.photos[0], SHOULDER, by="anna")
    assert len(results(store)) == 1
    uploads.tend()
    assert len(results(store)) == 2
    assert list(findings(store)) == []


def test_a_revoked_desk_takes_nothing(store: SqliteStore, uploads: Uploads) -> None:
    uploads.desk("north")
    uploads.close()
    store.change(lambda db: withdraw(db, ("north", "uploads")))
    with pytest.raises(SettingsInvalid, match="revoked"):
        Uploads(store).desk("north")


def test_a_site_is_a_name_and_no_path(uploads: Uploads) -> None:
    for site in ("..", "a/b", ""):
        with pytest.raises(SettingsInvalid):
            uploads.desk(site)


@pytest.mark.shared
def test_a_photograph_of_a_real_person_goes_the_whole_way(
    store: SqliteStore, uploads: Uploads, shared: Path
) -> None:
    photo = sorted((shared / "photos/fashion_freepik/images").iterdir())[0]
    uploads.take("north", ORDER, [File(photo.read_bytes())], by="anna", days=1)
    [result] = results(store)
    assert any(measure.value is not None for measure in result.measures)
