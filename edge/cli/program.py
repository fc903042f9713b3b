"""A program: verbs behind one name, parsed, run and ended in one way."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from edge import __version__
from edge.cli.exits import Exit, status_of, table
from edge.cli.memory import REMEDY, check_memory
from edge.cli.output import Output
from edge.cli.pipe import ends_with_its_reader
from edge.cli.verb import Argument, Verb, argument
from edge.errors import FileUnusable, MemoryShort, PartMissing, PostureError, SettingsInvalid

_HELP = argument("-h", "--help", action="help", help="Show this help.")
_VERSION = argument("--version", action="version", version=__version__, help="Print the version.")
_JSON = argument(
    "--json",
    action="store_true",
    help="Print one JSON document instead of tables, also where something fails.",
)


class UsageInvalid(SettingsInvalid):
    """A command line that makes no sense."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its verbs.

    options : taken before the verb and behind it.
    extra : of the package `posture-station`, what its verbs need to be installed.
    """

    name: str
    says: str
    example: str
    verbs: tuple[Verb, ...]
    options: tuple[Argument, ...] = ()
    extra: str = ""

    def main(self, words: Sequence[str] | None = None) -> int:
        """Run what the words (without, those of the command line) say; returns the exit status.

        `--help` and `--version` end by SystemExit, and so does output that nobody reads on.
        """
        words = sys.argv[1:] if words is None else words
        with ends_with_its_reader():
            options = itertools.takewhile(lambda word: word != "--", words)
            out = Output(as_json="--json" in options)
            try:
                with out.whole():
                    return self._run(words, out)
            except KeyboardInterrupt:
                return Exit.STOPPED
            except PostureError as error:
                out.tell(error)
                return status_of(error)

    def _run(self, words: Sequence[str], out: Output) -> int:
        meant = self._meant(words)
        out.expect((meant.json if meant else "") or "object", [])
        options, unknown = self.parser().parse_known_args(words)
        if unknown:
            raise _misused(f"unrecognized arguments: {' '.join(unknown)}", options.prog)
        verb: Verb = options.verb
        out.expect(verb.json or "object", verb.inputs_of(options), verb.called)
        assert verb.run is not None  # noqa: S101 - a step is required where there are steps
        if verb.measures:
            check_memory()
        try:
            with out.waiting(verb.waits):
                return verb.run(options, out) or out.status
        except MemoryError as error:
            raise MemoryShort("there is not enough memory.", REMEDY) from error
        except OSError as error:
            if error.filename is None:  # standard output, which `ends_with_its_reader` knows about
                raise
            raise FileUnusable(
                f"{os.fsdecode(error.filename)}: {error.strerror}.", "Check path and rights."
            ) from error
        except ModuleNotFoundError as error:
            raise _missing(error, options.prog, verb.extra or self.extra) from error
        except ImportError as error:
            raise PartMissing(
                f"a part of this program cannot be loaded: {error}.",
                f"{REMEDY} If there is enough, install it again.",
            ) from error

    def _meant(self, words: Sequence[str]) -> Verb | None:
        """The verb that is named, even if the rest makes no sense."""
        found, verbs = None, self.verbs
        for word in words:
            for verb in verbs:
                if verb.name == word:
                    found, verbs = verb, verb.steps
                    break
        return found

    def parser(self) -> argparse.ArgumentParser:
        """The parser of the whole command line."""
        hint = f"`{self.name} COMMAND --help` says more about a command."
        parser = _Parser(
            prog=self.name,
            description=self.says,
            epilog=f"{_example(self.example)}\n\n{hint}\n\nExit status:\n{table()}",
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )
        _HELP.add(parser)
        _VERSION.add(parser)
        for option in self.options:
            option.add(parser)
        _add_verbs(parser, self.verbs, self.options, "COMMAND")
        return parser


def _add_verbs(
    parser: argparse.ArgumentParser,
    verbs: tuple[Verb, ...],
    inherited: tuple[Argument, ...],
    metavar: str,
) -> None:
    commands = parser.add_subparsers(title=f"{metavar.lower()}s", required=True, metavar=metavar)
    for verb in verbs:
        own = commands.add_parser(
            verb.name,
            # argparse fills in what stands behind a percent sign here, and here alone.
            help=(verb.says.partition(". ")[0].removesuffix(".") + ".").replace("%", "%%"),
            description=verb.says,
            epilog=_example(verb.example),
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )
        _HELP.add(own)
        for each in verb.arguments:
            each.add(own)
        if verb.json:
            _JSON.add(own)
        for option in inherited:
            option.add(own, again=True)
        if verb.steps:
            options = tuple(each for each in verb.arguments if each.is_option)
            _add_verbs(own, verb.steps, (*inherited, *options), "STEP")
        else:
            own.set_defaults(verb=verb, prog=own.prog)


@contextmanager
def told_plainly(prog: str, extra: str) -> Iterator[None]:
    """Context for a program without verbs: errors that it raises on purpose, and packages that are
    not installed, end it in words and with the exit status of their kind.

    prog : as it is typed. extra : of the package `posture-station`, what it needs.
    """
    try:
        try:
            yield
        except ModuleNotFoundError as error:
            raise _missing(error, prog, extra) from error
    except PostureError as error:
        Output().tell(error)
        raise SystemExit(status_of(error)) from None


def _missing(error: ModuleNotFoundError, prog: str, extra: str) -> PartMissing:
    """The error for a package that is not installed; of our own modules the error as it came."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "edge", "posture_tools"):
        raise error
    wanted = f"'posture-station[{extra}]'" if extra else package
    return PartMissing(
        f"The Python package {error.name} is missing, which `{prog}` needs.",
        f"Install it: pip install {wanted}.",
    )


def _misused(message: str, prog: str) -> UsageInvalid:
    return UsageInvalid(
        f"{message[:1].upper()}{message[1:]}.", f"`{prog} --help` shows an example."
    )


def _example(text: str) -> str:
    return "Example:\n" + "\n".join(f"  {line}" for line in text.splitlines())


class _Parser(argparse.ArgumentParser):
    """argparse's own, whose errors are ours: told in one way, as JSON too."""

    def error(self, message: str) -> NoReturn:
        raise _misused(message, self.prog)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Sentences are filled to the width; what has lines (examples, tables) stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)
