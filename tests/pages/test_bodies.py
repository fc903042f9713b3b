"""The same pages over both bodies of the store, and what they show when it goes away."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from simulators.pages_world import CODE
from simulators.postgres import Postgres
from simulators.served_pages import ServedPages, post
from simulators.uploaded import jpeg, rendered

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedPages]:
    folder = tmp_path_factory.mktemp(f"served-{request.param}")
    store = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    with ServedPages(folder, store) as served:
        yield served


def test_every_page_reads_this_body(served: ServedPages) -> None:
    session = served.entered()
    for path, told in (
        ("/visits/", "/visits/north/hall-1/spring/"),
        (f"/visits/?code={CODE}&since=2020-01-01&until=2999-12-31&station=hall-1", "autumn"),
        ("/visits/?session=elsewhere", "rendered"),
        ("/visits/?measure=shoulder_tilt&station=hall-1", "autumn"),
        ("/visits/?band=above", "No visit fits."),
        ("/visits/north/hall-1/autumn/", 'class="trend"'),
        ("/visits/north/hall-1/autumn/sheet/", "Shoulder tilt"),
        (f"/people/north/{CODE}/", "data-shoulder_tilt-front"),
        ("/stations/", "hall-1"),
        ("/stations/south/hall-1/", "elsewhere"),
        ("/accounts/", "anna"),
        ("/export/measures.csv?session=spring", "shoulder_tilt"),
        ("/audit/", "see"),
    ):
        answer = session.get(served.address + path, timeout=60)
        assert answer.status_code == 200, path
        assert told in answer.text, path


def test_bytes_that_no_database_takes_are_not_found(served: ServedPages) -> None:
    session = served.entered()
    for path in ("/visits/?code=%00", "/visits/?station=%00x", "/export/measures.csv?session=%00",
                 "/visits/?since=0001-01-01&until=9999-12-31"):  # fmt: skip
        assert session.get(served.address + path, timeout=60).status_code == 200, path
    for path in ("/visits/north/hall-1/%00/", "/people/north/%00/", "/stations/north/%00/"):
        assert session.get(served.address + path, timeout=60).status_code == 404, path


def test_rest_reads_this_body(served: ServedPages) -> None:
    admin = served.entered()
    page = post(admin, f"{served.address}/tokens/", name="reader", may_export="on").text
    token = page.partition("<code>")[2].partition("</code>")[0]
    headers = {"authorization": f"Bearer {token}"}
    api = f"{served.address}/api"
    visits = admin.get(f"{api}/visits?code={CODE}", headers=headers, timeout=60).json()["visits"]
    assert [each["session"] for each in visits] == ["autumn", "spring"]
    assert visits[0]["views"]
    assert len(admin.get(f"{api}/stations", headers=headers, timeout=60).json()) == 2


def test_the_audit_log_only_grows_in_this_body(served: ServedPages) -> None:
    served.entered()
    statements = [
        "UPDATE pages_auditline SET account = 'nobody'",
        "DELETE FROM pages_auditline",
    ]
    if served.store.startswith("postgresql"):
        with psycopg.connect(served.store, autocommit=True, options="-c search_path=pages") as db:
            for statement in [*statements, "TRUNCATE pages_auditline",
                              "SET session_replication_role = replica; DELETE FROM pages_auditline",
                              ]:  # fmt: skip
                with pytest.raises(psycopg.IntegrityError, match="only grows"):
                    db.execute(statement)
            [(count,)] = db.execute("SELECT COUNT(*) FROM pages_auditline").fetchall()
            tables = db.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND (tablename LIKE 'pages%' OR tablename LIKE 'django%')"
            ).fetchall()
            assert tables == []
    else:
        with closing(sqlite3.connect(Path(served.store).with_suffix(".pages.db"))) as file, file:
            for statement in statements:
                with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                    file.execute(statement)
            [(count,)] = file.execute("SELECT COUNT(*) FROM pages_auditline").fetchall()
        file.close()
    assert count > 0


def test_a_removed_account_is_out_at_once(served: ServedPages) -> None:
    session = served.entered("bea", served.account("bea"))
    assert session.get(f"{served.address}/visits/", timeout=60).url.endswith("/visits/")
    served.account("bea", act="remove")
    assert "/enter/" in session.get(f"{served.address}/visits/", timeout=60).url


def test_a_database_that_drops_is_said_and_comes_back(postgres: Postgres, tmp_path: Path) -> None:
    with Postgres(postgres._programs, "fsync=off") as server, ServedPages(
        tmp_path, server.database()
    ) as served:  # fmt: skip
        session = served.entered()
        server.kill()
        for path in ("/visits/", "/stations/", "/audit/", "/enter/", f"/people/north/{CODE}/"):
            answer = session.get(served.address + path, timeout=60)
            assert answer.status_code == 503, path
            assert "The store cannot be reached" in answer.text, path
            assert "Traceback" not in answer.text, path
        told = session.get(
            f"{served.address}/api/visits", headers={"authorization": "Bearer x"}, timeout=60
        )
        assert (told.status_code, told.json()) == (503, {"detail": "store cannot be reached"})
        server.start()
        assert session.get(f"{served.address}/visits/", timeout=60).status_code == 200


@pytest.mark.timeout(600)
def test_photographs_are_measured_moved_and_reviewed_over_a_database(
    postgres: Postgres, tmp_path: Path
) -> None:
    """As over a file: `test_uploads.py`."""
    with ServedPages(tmp_path, postgres.database(), more=["--uploads"]) as served:
        session = served.entered()
        told = {"code": "P-0500", "consent_version": "2026-05", "days": "7", "stature_mm": "1700"}
        files = {"photos": ("front.jpg", jpeg(rendered()), "image/jpeg")}
        answer = post(session, f"{served.address}/uploads/north/", files=files, **told)
        assert answer.status_code == 200, answer.text
        photo = answer.url
        assert "/uploads/north/up-" in photo
        assert session.get(f"{photo}picture/", timeout=60).content[:2] == b"\xff\xd8"
        moved = json.dumps({"points": {"left_shoulder": [640.0, 600.0]}})
        assert "Saved." in post(session, photo, moved=moved).text
        visit = f"{served.address}/visits/north/uploads/{photo.split('/')[-3]}/"
        assert "Set by hand by anna" in session.get(visit, timeout=60).text
        assert "Set by hand" not in session.get(f"{visit}?answer=first", timeout=60).text
        with psycopg.connect(served.store) as db:
            [(origins,)] = db.execute(
                "SELECT COUNT(*) FROM result WHERE station = 'uploads' AND origin = 'upload'"
            ).fetchall()
        assert origins == 2, "the first answer stays beside the second"
        page = session.get(photo, timeout=60).text
        token = re.search('csrfmiddlewaretoken" value="([^"]+)', page)
        assert token
        reviewed = session.post(
            photo.removesuffix("1/"), data={"csrfmiddlewaretoken": token[1]},
            headers={"Referer": photo}, timeout=60,
        )  # fmt: skip
        assert "The pictures of this visit have been deleted" in reviewed.text
        assert session.get(f"{photo}picture/", timeout=60).status_code == 404
