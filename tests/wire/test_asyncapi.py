"""The contract as a parser that knows AsyncAPI reads it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, missing

from edge.wire.contract import asyncapi

# `npm install --prefix .venv --no-save @asyncapi/parser` puts it where these tests look.
MODULES = Path(os.environ.get("POSTURE_NODE_MODULES", ROOT / ".venv" / "node_modules"))


def parsed(document: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (MODULES / "@asyncapi" / "parser").is_dir():
        missing("node with @asyncapi/parser")
    script = Path(__file__).with_name("asyncapi_check.mjs")
    return subprocess.run(
        [str(node), str(script), str(MODULES.parent)],
        input=json.dumps(document), text=True, capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(240)
def test_the_contract_is_valid_asyncapi_3() -> None:
    answer = parsed(asyncapi())
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "valid 3.0.0" in answer.stdout


@pytest.mark.timeout(240)
def test_a_contract_that_is_not_is_found() -> None:
    document = asyncapi()
    del document["info"]
    answer = parsed(document)
    assert answer.returncode == 1
    assert '"info"' in answer.stdout, answer.stderr
