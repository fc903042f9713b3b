"""The four programs, one like the other: help, examples, statuses, tables, colours."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import ROOT
from posture_tools.collector.__main__ import PROGRAM as COLLECTOR
from posture_tools.evaluate.__main__ import PROGRAM as EVALUATE
from posture_tools.models.__main__ import PROGRAM as MODELS
from rich.console import Console

from edge.__main__ import PROGRAM as STATION
from edge.cli.exits import MEANINGS
from edge.cli.program import Program
from edge.cli.table import show
from edge.cli.verb import Verb
from edge.commands.table import measure_table
from edge.records import Measure, Quality

PROGRAMS = {program.name: program for program in (STATION, COLLECTOR, MODELS, EVALUATE)}
GUIDES = [path for path in ROOT.rglob("*.md") if not {".venv", "build"} & set(path.parts)]


def verbs_of(
    verbs: tuple[Verb, ...], before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Verb]]:
    for verb in verbs:
        words = (*before, verb.name)
        yield words, verb
        yield from verbs_of(verb.steps, words)


VERBS = [
    pytest.param(program, words, verb, id=" ".join((program.name, *words)))
    for program in PROGRAMS.values()
    for words, verb in verbs_of(program.verbs)
]


def parse(line: str) -> None:
    """A command line as a shell would give it to its program; UsageInvalid if it is none."""
    for name, program in PROGRAMS.items():
        if line.startswith(f"{name} "):
            words = shlex.split(line.removeprefix(name), comments=True)
            cut = [i for i, word in enumerate(words) if word in (">", "|")]
            with suppress(SystemExit):  # --help
                program.parser().parse_args(words[: cut[0]] if cut else words)
            return
    raise AssertionError(f"no program: {line}")


def is_sentence(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z`].*[.:]", text, re.DOTALL))


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_lists_its_verbs(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for verb in program.verbs:
        assert verb.says.partition(". ")[0].removesuffix(".") + "." in shown


@pytest.mark.parametrize(("program", "words", "verb"), VERBS)
def test_help_is_plain_sentences_and_an_example_that_parses(
    program: Program, words: tuple[str, ...], verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([*words, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "\nExample:\n" in shown
    assert is_sentence(verb.says)
    for each in verb.arguments:
        assert is_sentence(each.settings["help"]), each
    assert verb.example
    for line in verb.example.splitlines():
        name = program.name if not line.startswith("sudo ") else f"sudo {program.name}"
        assert line.startswith(f"{name} {words[0]}") or "--settings" in line
        parse(line.removeprefix("sudo "))


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_a_program_alone_says_where_its_help_is(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([]) == 2
    assert "--help` shows an example" in capsys.readouterr().err
    for line in program.example.splitlines():
        parse(line)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_guide_can_be_typed(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = re.findall(r"^```bash.*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for block in fenced + re.findall(r"(?:^    .*\n|^\n)+", text, re.MULTILINE):
        for line in block.splitlines():
            typed = re.sub(r"^\s*(sudo )?((\.venv|\$\(BIN\))/bin/)?(?=p)", "", line)
            if any(typed.startswith(f"{name} ") for name in PROGRAMS) and "..." not in typed:
                parse(typed)


def test_the_guide_has_the_table_of_exit_statuses() -> None:
    guide = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", guide, re.MULTILINE)
    assert {int(number): meaning for number, meaning in rows} == MEANINGS


@pytest.mark.parametrize(
    ("program", "words", "verb"), [each for each in VERBS if each.values[2].json]
)
def test_every_verb_answers_a_usage_error_by_its_own_kind_of_document(
    program: Program, words: tuple[str, ...], verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([*words, "--json", "--no-such-option"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, list) == (verb.json == "array")
    [entry] = document if isinstance(document, list) else [document]
    assert entry["problem"]["code"] == "usage_invalid"


@pytest.mark.parametrize(
    "program", [each for each in PROGRAMS.values() if each.options], ids=lambda each: each.name
)
def test_global_options_are_taken_behind_every_verb(program: Program) -> None:
    parser = program.parser()
    for _, verb in verbs_of(program.verbs):
        for line in verb.example.splitlines():
            words = shlex.split(line.removeprefix("sudo ").removeprefix(program.name).split(">")[0])
            for option in program.options:
                options = parser.parse_args([*words, option.names[0], "x.toml"])
                assert getattr(options, option.names[0].removeprefix("--")) == Path("x.toml")


def test_help_waits_for_nothing() -> None:
    """On a small board numba, OpenCV and onnxruntime take seconds to import."""
    ended = subprocess.run(
        [sys.executable, "-c", "import sys, edge.__main__; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not {"numba", "cv2", "onnxruntime", "paho", "scipy"} & set(ended.stdout.split())


def fms(*words: object, **environment: str) -> str:
    """What `fms show` says into a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "edge", "fms", *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.parametrize("columns", ["20", "400"])
def test_tables_are_never_cut_in_a_pipe(columns: str) -> None:
    wide = fms("rules", COLUMNS="1000")
    shown = fms("rules", COLUMNS=columns)
    assert shown.split() == wide.split()
    assert "…" not in shown


def on_a_terminal(*command: str, **environment: str) -> str:
    """What a program writes to a terminal 40 columns wide."""
    ours, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=theirs, stderr=theirs, stdin=theirs,
        env={**kept, "TERM": "xterm-256color", "COLUMNS": "40", **environment},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    process.wait()
    os.close(ours)
    return written.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-9]|4[0-9]|9[0-9]|10[0-7])(;[0-9]+)*m")


@pytest.mark.parametrize(
    "command",
    [("edge", "fms", "show", "no.json"), ("posture_tools.collector", "list", "--store", "no.db")],
)
def test_no_color_takes_the_red_from_errors(command: tuple[str, ...]) -> None:
    assert COLOUR.search(on_a_terminal(*command))
    assert not COLOUR.search(on_a_terminal(*command, NO_COLOR="1"))


def test_no_color_takes_the_colours_from_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> str:
        console = Console(file=io.StringIO(), force_terminal=True, color_system="standard")
        show(measure_table("", [Measure("head_tilt", 1.0, "deg", 0.5, 1.0, Quality.OK)]), console)
        return console.file.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert COLOUR.search(shown())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(shown())


def test_a_narrow_terminal_folds_and_loses_nothing() -> None:
    shown = on_a_terminal("edge", "fms", "rules")
    assert "…" not in shown
    letters = [Counter(re.sub(r"\x1b\[[0-9;]*m|[^a-z_]", "", each)) for each in
               (shown, fms("rules"))]  # fmt: skip
    assert letters[0] == letters[1]
