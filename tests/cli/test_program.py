"""The mechanism, by a program of three verbs that could be anybody's."""

from __future__ import annotations

import dataclasses
import json
import signal
from argparse import Namespace
from pathlib import Path

import pytest
from rich.table import Table

from edge.cli import exits
from edge.cli.exits import Exit, status_of
from edge.cli.output import Output
from edge.cli.program import Program
from edge.cli.verb import Verb, argument
from edge.errors import (
    AskPerson,
    BrokerUnreachable,
    CameraHung,
    Distrust,
    ImageUnreadable,
    OutboxFull,
    PartMissing,
    PostureError,
    SettingsInvalid,
    TryAgain,
)


@dataclasses.dataclass
class Card:
    """What `read` says of one file."""

    path: str
    length: float


def read(options: Namespace, out: Output) -> int:
    """Reads cards; each name of a fault is that fault."""
    table = Table("card", "length")
    for path in options.cards:
        with out.reading(path):
            match path.stem:
                case "damaged":
                    raise ImageUnreadable(f"{path} is damaged.", "Leave it.")
                case "full":
                    raise OutboxFull("the outbox is full.")
                case "stop":
                    signal.raise_signal(signal.SIGINT)
                case "twice":
                    try:
                        signal.raise_signal(signal.SIGINT)
                    finally:
                        signal.raise_signal(signal.SIGINT)
                case "terminate":
                    signal.raise_signal(signal.SIGTERM)
                case "mistake":
                    raise ZeroDivisionError("a fault of ours")
            card = Card(str(path), float("nan") if path.stem == "nan" else len(path.stem))
            out.entry(card)
            table.add_row(card.path, f"{card.length:g}")
    out.table(table)
    return 0


def weigh(options: Namespace, out: Output) -> int:
    if options.cards == [Path("no")]:
        raise PartMissing("there are no scales.", "Buy some.")
    for path in options.cards:
        with out.reading(path):
            if path.stem == "damaged":
                raise ImageUnreadable(f"{path} is damaged.")
    out.answer({"grams": 3, "unit": options.unit})
    out.line(f"3 {options.unit}")
    return 0


def lack(_options: Namespace, _out: Output) -> int:
    import there_is_no_such_package.inside  # noqa: F401 # type: ignore[import-not-found]

    return 0


def wait(_options: Namespace, _out: Output) -> int:
    raise BrokerUnreachable("nobody listens.")


CARDS = argument("cards", nargs="+", type=Path, metavar="CARD", help="A card.")
PROGRAM = Program(
    "cards",
    "Read cards.",
    example="cards read a.txt",
    options=(argument("--unit", default="g", help="The unit."),),
    verbs=(
        Verb("read", "Read them. All.", "cards read a.txt", run=read, arguments=(CARDS,),
             json="array", inputs="cards"),
        Verb("weigh", "Weigh them.", "cards weigh a.txt", run=weigh, arguments=(CARDS,),
             json="object", inputs="cards"),
        Verb("lack", "Lack a package.", "cards lack", run=lack, json="object", extra="some"),
        Verb(
            "send", "Send them.", "cards send wait --to 3",
            arguments=(argument("--to", default="1", help="Where to."),),
            steps=(Verb("wait", "Wait first.", "cards send wait", run=wait),),
        ),
    ),
)  # fmt: skip


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, object]:
    """Exit status and the one JSON document."""
    status = PROGRAM.main(words)
    return status, json.loads(capsys.readouterr().out)


def test_an_array_has_an_entry_for_every_input(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = said(capsys, "read", "ab.txt", "damaged.txt", "nan.txt", "--json")
    assert status == Exit.NO
    assert document == [
        {"path": "ab.txt", "length": 2.0},
        {
            "path": "damaged.txt",
            "problem": {
                "code": "image_unreadable",
                "words": "damaged.txt is damaged. Leave it.",
            },
        },
        {"path": "nan.txt", "length": None},
    ]


def test_people_hear_the_same_on_both_streams(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROGRAM.main(["read", "ab.txt", "damaged.txt"]) == Exit.NO
    heard = capsys.readouterr()
    assert "ab.txt" in heard.out
    assert heard.err == "damaged.txt is damaged.\nLeave it.\n"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("full", Exit.NO, "outbox_full"), ("stop", Exit.STOPPED, "stopped"),
        ("twice", Exit.STOPPED, "stopped"),
     ("terminate", Exit.STOPPED, "stopped")],
)  # fmt: skip
def test_what_ends_a_run_stands_at_the_input_it_met_and_at_those_it_never_reached(
    fault: str, status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, document = said(capsys, "read", "a.txt", f"{fault}.txt", "b.txt", "--json")
    assert ended == status
    assert isinstance(document, list)
    assert [entry["path"] for entry in document] == ["a.txt", f"{fault}.txt", "b.txt"]
    assert [entry.get("problem", {}).get("code") for entry in document] == [None, code, code]


def test_a_fault_of_ours_still_leaves_a_whole_document(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        PROGRAM.main(["read", "mistake.txt", "--json"])
    [entry] = json.loads(capsys.readouterr().out)
    assert entry["problem"] == {"code": "fault", "words": "ZeroDivisionError: a fault of ours"}


def test_ctrl_c_within_a_write_waits_for_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is written in pieces: what has begun must be ended."""
    from edge.cli import document

    def interrupted(_stdout: Path, data: bytes) -> None:
        text = data.decode()
        print(text[: len(text) // 2], end="")
        signal.raise_signal(signal.SIGINT)
        print(text[len(text) // 2 :], end="")

    monkeypatch.setattr(document, "write_output", interrupted)
    status, written = said(capsys, "read", "a.txt", "b.txt", "--json")
    assert status == Exit.STOPPED
    assert isinstance(written, list)
    assert [entry["path"] for entry in written] == ["a.txt", "a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("words", "document"),
    [
        (["weigh", "a.txt"], {"path": "a.txt", "grams": 3, "unit": "g"}),
        (["weigh", "a", "b"], {"inputs": [{"path": "a"}, {"path": "b"}], "grams": 3, "unit": "g"}),
    ],
)
def test_an_object_names_its_inputs(
    words: list[str], document: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, *words, "--json") == (Exit.DONE, document)


def test_an_object_of_which_an_input_is_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = said(capsys, "weigh", "a", "damaged", "--json")
    assert status == Exit.NO
    problem = {"code": "image_unreadable", "words": "damaged is damaged."}
    assert document == {
        "inputs": [{"path": "a"}, {"path": "damaged", "problem": problem}],
        "grams": 3,
        "unit": "g",
    }


def test_an_object_that_was_not_made(capsys: pytest.CaptureFixture[str]) -> None:
    problem = {"code": "part_missing", "words": "there are no scales. Buy some."}
    assert said(capsys, "weigh", "no", "--json") == (
        Exit.LACKING,
        {"path": "no", "problem": problem},
    )


@pytest.mark.parametrize(
    ("words", "kind", "hint"),
    [
        (["read"], list, "`cards read --help`"),
        (["read", "a", "--loud"], list, "`cards read --help`"),
        (["weigh"], dict, "`cards weigh --help`"),
        (["send", "wait", "--loud"], dict, "`cards send wait --help`"),
        (["reed", "a"], dict, "`cards --help`"),
        ([], dict, "`cards --help`"),
    ],
)
def test_a_usage_error_is_one_document_too(
    words: list[str], kind: type, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = PROGRAM.main([*words, "--json"])
    heard = capsys.readouterr()
    document = json.loads(heard.out)
    assert status == Exit.MISUSED
    assert type(document) is kind
    [entry] = document if kind is list else [document]
    assert entry["problem"]["code"] == "usage_invalid"
    assert hint in entry["problem"]["words"]
    assert hint in heard.err


def test_a_usage_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROGRAM.main(["read"]) == Exit.MISUSED
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err == (
        "The following arguments are required: CARD.\n`cards read --help` shows an example.\n"
    )


def test_a_file_called_json_is_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROGRAM.main(["read", "--", "--json"]) == Exit.DONE
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [["--unit", "oz", "weigh", "a"], ["weigh", "--unit", "oz", "a"], ["weigh", "a", "--unit=oz"]],
)
def test_a_global_option_stands_before_or_behind_the_verb(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert PROGRAM.main(words) == Exit.DONE
    assert capsys.readouterr().out == "3 oz\n"


@pytest.mark.parametrize(
    "words", [["send", "--to", "3", "wait"], ["send", "wait", "--to", "3", "--unit", "oz"]]
)
def test_an_option_of_a_verb_stands_behind_its_step_too(words: list[str]) -> None:
    options = PROGRAM.parser().parse_args(words)
    assert options.to == "3"
    assert PROGRAM.main(words) == Exit.UNREACHED


def test_a_package_that_is_not_installed_is_a_missing_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, document = said(capsys, "lack", "--json")
    assert status == Exit.LACKING
    assert document["problem"]["words"] == (
        "The Python package there_is_no_such_package is missing, which `cards lack` needs. "
        "Install it: pip install 'posture-station[some]'."
    )


def test_an_option_has_its_whole_name(capsys: pytest.CaptureFixture[str]) -> None:
    """So that an option which is added later breaks nobody's script."""
    assert PROGRAM.main(["weigh", "a", "--un", "oz"]) == Exit.MISUSED
    assert "--un" in capsys.readouterr().err


def test_every_kind_of_error_has_a_status() -> None:
    assert status_of(TryAgain("")) == 4
    assert status_of(CameraHung("")) == 75
    assert status_of(PartMissing("")) == 3
    assert status_of(SettingsInvalid("")) == 2
    assert status_of(Distrust("")) == status_of(AskPerson("")) == status_of(PostureError("")) == 1


def test_help_ends_with_the_table_of_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PROGRAM.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.endswith(f"Exit status:\n{exits.table()}\n")
    assert sorted(exits.MEANINGS) == [0, 1, 2, 3, 4, 75, 130]


def test_the_first_sentence_stands_in_the_list_and_all_of_them_in_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["--help"], ["read", "--help"]):
        with pytest.raises(SystemExit):
            PROGRAM.main(words)
    whole = capsys.readouterr().out
    assert "    read       Read them.\n" in whole
    assert "\nRead them. All.\n" in whole
    assert whole.count("Example:\n") == 2
