"""REST as a machine tries it that has read only the description: every check, every kind of token.

Few examples here, so that it ends soon; `make fuzz-api` takes a hundred of each operation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.served_pages import ServedPages, post

EXAMPLES = os.environ.get("EXAMPLES", "5")
ALL = {"may_export": "on", "may_command": "on", "may_erase": "on"}
KINDS = {  # of tokens: what each may beside looking
    "plain": {},
    "may-export": {"may_export": "on"},
    "may-all": ALL,
    "may-all-of-south": ALL | {"sites": "south"},
}
BODIES = os.environ.get("BODIES", "sqlite").split()

pytestmark = pytest.mark.timeout(0 if "EXAMPLES" in os.environ else 400)


@pytest.fixture(scope="module", params=BODIES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedPages]:
    folder = tmp_path_factory.mktemp(f"tried-{request.param}")
    store = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    with ServedPages(folder, store) as served:
        yield served


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_one_that_is_described(
    served: ServedPages, kind: str, tmp_path: Path
) -> None:
    admin = served.entered()
    described = tmp_path / "openapi.json"
    described.write_text(
        json.dumps(admin.get(f"{served.address}/api/openapi.json", timeout=60).json())
    )
    page = post(admin, f"{served.address}/tokens/", name=kind, **KINDS[kind]).text
    token = page.partition("<code>")[2].partition("</code>")[0]
    tried = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", str(described), "--url",
         served.address, "--header", f"Authorization: Bearer {token}", "--checks", "all",
         "--max-examples", EXAMPLES, "--seed", "7", "--continue-on-failure",
         "--suppress-health-check", "all", "--rate-limit", "90/s", "--no-color"],
        check=False, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    (Path(os.environ.get("REPORT", str(tmp_path))) / f"tried-{kind}.txt").write_text(
        tried.stdout + tried.stderr
    )
    assert tried.returncode == 0, tried.stdout[-8000:] + tried.stderr[-2000:]
