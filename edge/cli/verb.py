"""What a verb is: a name, plain sentences, an example, its arguments and a function."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edge.cli.output import Output, Shape
from edge.shown import quoted

Run = Callable[[argparse.Namespace, Output], int]


def text(typed: str) -> str:
    """The type of arguments that name no other: what is kept, sent or compared must be text. File
    names need not be; where one is wanted, the type is Path, or str if it may be an address."""
    if not typed.isprintable():
        raise argparse.ArgumentTypeError(f"{quoted(typed)} is no plain text")
    return typed


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as argparse takes it; made by `argument`."""

    names: tuple[str, ...]
    settings: Mapping[str, Any]

    @property
    def is_option(self) -> bool:
        return self.names[0].startswith("-")

    def add(self, parser: argparse.ArgumentParser, *, again: bool = False) -> None:
        """again : it may stand here too, and says nothing where it does not."""
        repeated = {"default": argparse.SUPPRESS} if again else {}
        plain = {"type": text} if self.settings.get("action") in (None, "append") else {}
        if "choices" in self.settings:
            plain = {}
        parser.add_argument(*self.names, **{**plain, **self.settings, **repeated})


def argument(*names: str, help: str, **settings: Any) -> Argument:
    """An argument of a verb.

    names, settings : as of `ArgumentParser.add_argument`.
    help : a sentence, with a capital and a full stop.
    """
    return Argument(names, {"help": help, **settings})


OVERWRITE = argument(
    "--overwrite", action="store_true", help="Replace files that other programs wrote, too."
)


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of a program, or one step of a command.

    says : plain sentences. The first stands in the list of commands, all of them in its own help.
    example : what somebody may type, a line each.
    steps : the verb's own verbs; it then has no `run`. Its options may stand behind a step too.
    json : what `--json` prints, one object or an array with an entry for each thing; without, the
        verb has no `--json`.
    inputs : the argument (its attribute in the options) that names what is read or spoken to.
    called : what the document calls one of them.
    extra : of the package `posture-station`, what it needs beyond the program's.
    waits : what it does, for those who wait longer than two seconds; empty where it is done at
        once, goes on for ever, asks, or has a bar of its own.
    measures : whether it loads networks: too little memory for them is told beforehand.
    """

    name: str
    says: str
    example: str
    run: Run | None = None
    arguments: tuple[Argument, ...] = ()
    steps: tuple[Verb, ...] = ()
    json: Shape | Literal[""] = ""
    inputs: str = ""
    called: str = "path"
    extra: str = ""
    waits: str = ""
    measures: bool = False

    def inputs_of(self, options: argparse.Namespace) -> list[str]:
        """What the options name as read, in their order."""
        named = getattr(options, self.inputs) if self.inputs else []
        return [str(each) for each in (named if isinstance(named, list) else [named])]
