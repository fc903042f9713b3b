"""Every option, setting, reason, event and metric is documented, and nothing documented is gone."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from conftest import ROOT
from posture_tools.docs import command_reference, metrics_reference, settings_reference
from posture_tools.docs.sources import pages

from edge.records import Quality
from edge.report.words import _SAME
from edge.wire.event import EventKind

# Where reasons are given, and what is called or assigned there.
_ROOMS = ("posture", "screening", "markers", "fms", "sightings", "estimation", "report")
_TAKERS = {"Facing", "FoundTargets", "MarkedSpine", "Arrangement", "refuse", "_refused", "_give_up"}
_NAMES = {"why", "doubts", "found", "_SAY", "_SEEMS", "_CONTRADICTIONS"}
_CODE = re.compile(r"[a-z][a-z_]{3,45}")
# What stands in the same places and is no reason: keys and words of other tables.
_OTHER = {"front", "back", "left", "right", "fine", "moved", "not_seen", "whole", "close", "finder"}

_OF_OLDER = {"covariance_unknown"}  # in results of 0.1.0 alone
_OF_SEVERAL = {"other", "contradict", "markers_unclear", "sticker_would_show"}


def rows(page: str, heading: str) -> dict[str, str]:
    """First and last cell of the table below a heading."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    table = text.partition("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)`(?: \|.*)? \| ([^|]+) \|$", table, re.MULTILINE)
    return dict(found)


def codes(node: ast.AST) -> Iterator[str]:
    """Texts in a part of a program that may be reasons, without what a colon brings."""
    for each in ast.walk(node):
        if isinstance(each, ast.JoinedStr) and isinstance(each.values[0], ast.Constant):
            head, colon, _ = str(each.values[0].value).partition(":")
            if colon and _CODE.fullmatch(head):
                yield head
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            whole = "_" in each.value and not each.value.endswith("_")
            if whole and _CODE.fullmatch(each.value):
                yield each.value


def reasons_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _TAKERS:
                for argument in (*node.args, *(word.value for word in node.keywords)):
                    if isinstance(argument, ast.Tuple | ast.BoolOp):
                        yield from codes(argument)
            case ast.keyword(arg="why", value=value):
                yield from codes(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _NAMES:
                yield from (codes(value) if isinstance(value, ast.Tuple | ast.List) else ())
            case ast.FunctionDef(returns=ast.Subscript() as returns):
                if ast.unparse(returns) == "tuple[str, ...]":
                    for inside in ast.walk(node):
                        if isinstance(inside, ast.Return) and isinstance(inside.value, ast.Tuple):
                            yield from codes(inside.value)
            case ast.Call(func=ast.Attribute(attr="append" | "insert", value=ast.Name(id=name))):
                if name in ("doubts", "why"):
                    yield from codes(ast.Tuple(node.args, ast.Load()))


def reasons_of_the_code() -> set[str]:
    found = set(_SAME)
    words = tomllib.loads((ROOT / "edge/report/words_en.toml").read_text(encoding="utf-8"))
    found |= set(words["reasons"]) - _OF_SEVERAL - _OF_OLDER
    for room in _ROOMS:
        for path in (ROOT / "edge" / room).rglob("*.py"):
            found |= set(reasons_in(ast.parse(path.read_text(encoding="utf-8"))))
    return found - _OTHER


def test_every_reason_says_what_to_do_and_none_is_made_up() -> None:
    documented = rows("screening.md", "Every reason, and what to do")
    in_code = reasons_of_the_code()
    assert in_code - set(documented) == set(), "write a row in docs/screening.md"
    text = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "edge").rglob("*.py"))
    gone = {code for code in documented if not re.search(rf"""["']{code}["':]""", text)}
    assert gone == set(), "take these rows out of docs/screening.md"
    for code, what_to_do in documented.items():
        assert re.fullmatch(r"[A-Z1`].*[.?]", what_to_do), code


def test_every_quality_is_explained() -> None:
    assert set(rows("screening.md", "Read")) == {str(quality) for quality in Quality}


def test_every_event_is_explained() -> None:
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    table = text.partition("| event |")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(get_args(EventKind))


def test_every_fault_of_a_camera_is_explained() -> None:
    """Those that the engine tells: literals given to the outage."""
    named = (ROOT / "edge/wire/event.py").read_text(encoding="utf-8")
    told = re.search(r"camera : state `lost` with fault \(([^)]*)\)", named)
    assert told is not None
    assert set(rows("events.md", "Faults of a camera")) == set(re.split(r",\s+", told[1].strip()))
    parts = re.search(r"part: ([^.]*)\.", named)
    assert parts is not None
    assert set(rows("events.md", "Parts that can fail")) == set(re.split(r",\s+", parts[1]))


def test_every_alert_is_explained() -> None:
    rules = ROOT / "tools" / "collector" / "deploy" / "prometheus" / "posture.rules.yml"
    said = rules.read_text(encoding="utf-8")
    known = dict(
        re.findall(r"alert: (\w+)\n(?:.*\n)*?.*severity: (\w+)", said),
    )
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    table = text.partition("\n## Alerts of Prometheus\n")[2]
    assert dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", table, re.MULTILINE)) == known
    assert len(known) == said.count("- alert:")


def test_every_setting_has_its_sentence() -> None:
    settings = settings_reference.settings()
    assert len(settings) > 45
    for setting in settings:
        assert re.fullmatch(r"[A-Z].*\.", setting.says), setting
    page = settings_reference.page()
    for setting in settings:
        assert f"| `{setting.key}` |" in page
        assert setting.says.replace("|", "\\|") in page


def test_every_command_and_option_stands_in_the_reference() -> None:
    page = command_reference.page()
    seen = 0
    for program in command_reference.PROGRAMS:
        for typed, verb in command_reference.verbs(program):
            assert f"\n### {typed}\n" in page
            section = page.partition(f"\n### {typed}\n")[2].partition("\n### ")[0]
            for argument in verb.arguments:
                assert command_reference.typed(argument).replace("|", "\\|") in section
                seen += 1
    assert seen > 200


def test_every_metric_stands_in_the_reference_with_a_sentence() -> None:
    metrics = metrics_reference.metrics(ROOT)
    source = (ROOT / "tools" / "collector" / "metrics.py").read_text(encoding="utf-8")
    made = set(re.findall(r'"(posture_[a-z_]+)"', source))
    assert made == {each.name.removesuffix("_total") for each in metrics}
    page = metrics_reference.page(ROOT)
    for metric in metrics:
        assert f"| `{metric.name}` |" in page
        assert re.fullmatch(r"[A-Z1].*\.", metric.says), metric


# Of history, where what is gone has its place.
_PAST = {"CHANGELOG.md", "docs/decisions.md"}
# Of programs that are not ours.
_OTHERS = {
    "--help": "all", "--strict": "mypy", "--now": "systemctl", "--quiet": "systemctl",
    "--unit": "journalctl", "--output": "journalctl", "--offline": "systemd-analyze",
    "--nproc-per-node": "torchrun", "--own-": "the three options that begin so",
}  # fmt: skip
_PAGES = [str(page) for page in sorted(pages(ROOT)) if str(page) not in _PAST]


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Of every program, and of the scripts beside them."""
    known = {"--json", *_OTHERS}
    for program in command_reference.PROGRAMS:
        known |= {name for option in program.options for name in option.names}
        for _, verb in command_reference.verbs(program):
            known |= {name for argument in verb.arguments for name in argument.names}
    scripts = [*(ROOT / "systemd").iterdir(), *(ROOT / "tests" / "fresh").iterdir()]
    scripts += [*(ROOT / "tools" / "collector" / "deploy").rglob("*")]
    scripts += [*(ROOT / "tools").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    for path in scripts:
        if path.is_file() and path != Path(__file__):
            text = path.read_text(encoding="utf-8", errors="replace")
            known |= set(re.findall(r"""["' ](--[a-z][a-z-]+)["')\]]""", text))
    return known


@pytest.mark.parametrize("page", _PAGES)
def test_options_named_in_pages_are_options(page: str, options: set[str]) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)) - options == set()


@pytest.mark.parametrize("page", _PAGES)
def test_settings_named_in_pages_are_settings(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    known = {f"{s.section}.{s.key}" for s in settings_reference.settings()} | {"outbox.db"}
    sections = {s.section for s in settings_reference.settings()}
    for section, key in re.findall(r"`(\w+)\.(\w+)(?: = [^`]*)?`", text):
        if section in sections:
            assert f"{section}.{key}" in known, f"{page}: {section}.{key}"
