"""Whoever waits sees that it works; a pipe hears nothing of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial

import pytest
from cli.test_programs import PROGRAMS, verbs_of
from conftest import ROOT
from rich.console import Console
from simulators.waiting import eventually

from edge.cli import progress
from edge.cli.output import Output
from edge.cli.program import Program
from edge.cli.progress import tracked
from edge.cli.verb import Verb

# Verbs that say nothing while they wait, and why that is right. Every other one has `waits`.
AT_ONCE = {
    "posture-station provision", "posture-station software status",
    "posture-station software roll-back", "posture-station software boot",
    "posture-station software use-image", "posture-station software switch",
    "posture-station calibrate print", "posture-station calibrate show",
    "posture-station fms score", "posture-station fms confirm", "posture-station fms clear",
    "posture-station fms show", "posture-station fms send", "posture-station fms rules",
    "posture-collector dead-letters replay", "posture-collector conflicts replay",
    "posture-collector dead-letters show", "posture-collector dead-letters erase",
    "posture-collector conflicts show", "posture-collector conflicts erase",
    "posture-collector site add", "posture-collector site approve",
    "posture-collector site revoke", "posture-collector site let-unsigned",
    "posture-collector site brokers",
    "posture-collector webhook allow", "posture-collector webhook disallow",
    "posture-collector webhook add", "posture-collector webhook remove",
    "posture-collector webhook list", "posture-collector webhook again",
    "posture-collector site list", "posture-collector desire", "posture-collector contract",
    *(f"posture-collector webhook {step}" for step in
      ("allow", "disallow", "add", "remove", "list", "again")),
}  # fmt: skip
FOR_EVER = {  # they tell each thing as it happens
    "posture-station run", "posture-station demo", "posture-station netwatch",
    "posture-collector run", "posture-collector serve", "posture-collector demo-broker",
    "posture-collector webhook deliver",
}  # fmt: skip
ASKS = {  # for a passphrase or a password: a line that turns would stand over the question
    "posture-models repo init", "posture-models repo add-role", "posture-models repo sign",
    "posture-models repo publish", "posture-models repo rotate-key", "posture-collector account",
    "posture-collector site init", "posture-collector site rotate", "posture-collector site renew",
}  # fmt: skip
BARS = {  # verb -> where it counts its steps
    "posture-station assess": "edge/commands/assess.py",
    "posture-station calibrate lens": "edge/commands/calibrate.py",
    **{
        f"python -m posture_tools.evaluate {verb}": f"tools/evaluate/{file}.py"
        for verb, file in (
            ("compare", "compare"), ("models", "all_models"), ("shear", "shear"),
            ("views", "views"), ("boxes", "boxes"), ("bodies", "bodies"),
            ("accuracy", "accuracy"), ("coverage", "coverage"), ("visits", "visits"),
            ("holds", "holds"), ("mannequin", "mannequin"), ("stickers", "sticker_scenes"),
        )
    },
}  # fmt: skip
EVERY = {
    " ".join((program.name, *words)): verb
    for program in PROGRAMS.values()
    for words, verb in verbs_of(program.verbs)
    if not verb.steps
}


def test_every_verb_says_that_it_works_or_need_not() -> None:
    told = {name for name, verb in EVERY.items() if verb.waits}
    for others in (AT_ONCE, FOR_EVER, ASKS, set(BARS)):
        assert told & others == set()
        told |= others
    assert told == set(EVERY)


@pytest.mark.parametrize("file", sorted(set(BARS.values())))
def test_a_verb_of_many_steps_counts_them(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(r"\b(tracked|bars)\(", text)
    assert not re.search(r"\btrack\(", text), "rich's own leaves an empty line in a pipe"


def test_nobody_else_draws_bars() -> None:
    files = [path for top in ("edge", "tools") for path in (ROOT / top).rglob("*.py")]
    drawing = [path for path in files if "rich.progress" in path.read_text(encoding="utf-8")]
    assert drawing == [ROOT / "edge/cli/progress.py"]


class Screen:
    """Standard error as a terminal, or as a pipe."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
        self.written = io.StringIO()
        console = partial(Console, file=self.written, force_terminal=terminal, width=80)
        monkeypatch.setattr(progress, "Console", lambda stderr: console())
        monkeypatch.setenv("TERM", "xterm-256color")  # a dumb one gets no lines that move
        monkeypatch.setattr(progress, "_AFTER_S", 0.01)

    def shows(self, text: str) -> bool:
        return text in self.written.getvalue()

    @property
    def left(self) -> str:
        """What stands there once lines were cleared."""
        shown = self.written.getvalue().rpartition("\x1b[2K")[2]
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", shown).strip()


def program(run: Callable[[Output], None]) -> Program:
    def verb(_options: object, out: Output) -> int:
        run(out)
        return 0

    one = Verb("look", "Look.", "prog look", run=verb, waits="looking [at it]", json="object")
    return Program("prog", "Looks.", "prog look", (one,))


def test_a_long_silence_is_told_on_a_terminal_and_gives_way_to_words(monkeypatch, capsys) -> None:
    screen = Screen(monkeypatch, terminal=True)

    def run(out: Output) -> None:
        eventually(lambda: screen.shows("looking [at it]"))
        with out._waiting.aside():
            assert screen.left == "", "the line gives way"
        out.line("seen")
        before = len(screen.written.getvalue())
        eventually(lambda: "looking" in screen.written.getvalue()[before:])

    assert program(run).main(["look"]) == 0
    assert capsys.readouterr().out == "seen\n"
    assert screen.left == ""


def test_an_error_ends_it_too(monkeypatch, capsys) -> None:
    screen = Screen(monkeypatch, terminal=True)

    def run(_out: Output) -> None:
        eventually(lambda: screen.shows("looking"))
        raise KeyboardInterrupt

    assert program(run).main(["look"]) == 130
    assert screen.left == ""


@pytest.mark.parametrize("words", [["look"], ["look", "--json"]])
def test_a_pipe_hears_nothing(monkeypatch, capsys, words: list[str]) -> None:
    screen = Screen(monkeypatch, terminal=False)

    def run(out: Output) -> None:
        assert list(tracked(range(3), "counting")) == [0, 1, 2]
        out.line("seen")

    assert program(run).main(words) == 0
    assert screen.written.getvalue() == ""
    assert capsys.readouterr().err == ""


def test_a_bar_counts_on_a_terminal_and_vanishes(monkeypatch) -> None:
    screen = Screen(monkeypatch, terminal=True)
    items = iter(tracked(range(3), "counting"))
    next(items)
    eventually(lambda: screen.shows("counting"))
    assert list(items) == [1, 2]
    assert screen.left == ""
