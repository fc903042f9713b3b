"""posture-models: export, quantise, describe, inspect and check model files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from posture_tools.models.architectures import MODULES
from posture_tools.pipe import ends_with_its_reader
from posture_tools.repository.arguments import add_arguments
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.errors import PartMissing, PostureError
from edge.inference.opencv_threads import leave_cores_to_networks


@ends_with_its_reader()
def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: done and sound; 1: a file is at fault; 2: wrong usage."""
    options = _parser().parse_args(arguments)
    leave_cores_to_networks()
    try:
        if options.verb == "repo":
            from posture_tools.repository.command import run

            return run(options)
        verb = {
            "export": _export,
            "quantise": _quantise,
            "describe": _describe,
            "inspect": _inspect,
            "check": _check,
            "look": _look,
        }
        return verb[options.verb](options)
    except PostureError as error:
        print(f"posture-models: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="posture-models", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    verb = verbs.add_parser("export", help="a PyTorch checkpoint as a described ONNX file")
    verb.add_argument("architecture", choices=MODULES, metavar="ARCH", help=", ".join(MODULES))
    verb.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="its state_dict")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.onnx")
    verb.add_argument("--size", type=_size, metavar="HxW", help="input px; default: as published")

    verb = verbs.add_parser("quantise", help="an 8-bit copy, and what it costs")
    verb.add_argument("model", type=Path, metavar="MODEL")
    verb.add_argument("--photos", type=Path, required=True, metavar="DIR", help="of people")
    verb.add_argument("--labels", type=Path, metavar="FILE", help="of them, in COCO's format")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.onnx")

    verb = verbs.add_parser("describe", help="write a card's description into an ONNX file")
    verb.add_argument("model", type=Path, metavar="MODEL")
    verb.add_argument("card", type=Path, metavar="CARD", help="a description or a published card")
    verb.add_argument("-o", "--output", type=Path, help="where to write; default: MODEL itself")

    verb = verbs.add_parser("inspect", help="what a file says, what its graph says")
    verb.add_argument("file", type=Path, metavar="FILE")
    verb.add_argument("--json", action="store_true", help="for machines")

    verb = verbs.add_parser("check", help="golden vectors and latency on this machine")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verb.add_argument("--threads", type=int, default=1)
    verb.add_argument("--json", action="store_true", help="for machines")

    verb = verbs.add_parser("look", help="the heatmaps of every stage over a photograph")
    verb.add_argument("model", type=Path, metavar="MODEL")
    verb.add_argument("photo", type=Path, metavar="PHOTO", help="of one person, or cut to one")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")

    verb = verbs.add_parser("repo", help="sign and publish models for stations to update from")
    add_arguments(verb)
    return parser


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is no HEIGHTxWIDTH, such as 256x192")
    return int(height), int(width)


def _export(options: argparse.Namespace) -> int:
    try:
        from posture_tools.models.export import TOLERANCE, export
    except ModuleNotFoundError as error:
        raise PartMissing(
            f"the Python package {error.name} is missing, which exporting needs.",
            "Install it: pip install 'posture-station[training]'.",
        ) from error
    made = export(options.architecture, options.checkpoint, options.output, options.size)
    print(
        f"{made.path}: {made.parameters / 1e6:.1f} million parameters, {made.bytes / 1e6:.1f} MB; "
        f"onnxruntime within {made.difference:.1g} of PyTorch (allowed {TOLERANCE:g}). "
        f"Try it: posture-models check {made.path}"
    )
    return 0


def _quantise(options: argparse.Namespace) -> int:
    from posture_tools.models.quantise import quantise

    made = quantise(options.model, options.photos, options.output, options.labels)
    cost = made.cost
    table = Table("", "float", "8 bits", "ratio")
    before, after = made.float_bytes / 1e6, made.bytes / 1e6
    table.add_row("MB", f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}")
    ms = (cost.float_ms, cost.int8_ms)
    table.add_row("ms of one core", f"{ms[0]:.1f}", f"{ms[1]:.1f}", f"{ms[1] / ms[0]:.2f}")
    if cost.float_oks is not None and cost.int8_oks is not None:
        table.add_row("mean OKS", f"{cost.float_oks:.3f}", f"{cost.int8_oks:.3f}", "")
    table.add_row("OKS, float taken for the truth", "", f"{cost.agreement_oks:.3f}", "")
    Console().print(table)
    print(
        f"{made.path}: calibrated on {made.calibrated_on} pictures, measured on {cost.people} "
        f"people in {cost.photographs} other photographs. Try it: posture-models check {made.path}"
    )
    return 0


def _describe(options: argparse.Namespace) -> int:
    from posture_tools.models.cards import read_card
    from posture_tools.models.describe import describe, write
    from posture_tools.models.inspect import read

    output = options.output or options.model
    write(output, describe(read(options.model), read_card(options.card)))
    print(f"{output}: described. Try it: posture-models check {output}")
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from posture_tools.models.inspect import inspect, rows

    inspection = inspect(options.file)
    if options.json:
        _print_json(inspection)
    else:
        table = Table("", "", show_header=False, box=None)
        table.columns[1].overflow = "fold"
        for name, text in rows(inspection):
            table.add_row(name, Text(text))  # as Text: brackets in prose are no markup
        Console().print(table)
    return 1 if inspection.faults else 0


def _check(options: argparse.Namespace) -> int:
    from posture_tools.models.check import check

    checked, refused = [], []
    for path in options.files:
        try:
            checked.append(check(path, threads=options.threads))
        except PostureError as error:
            refused.append(error)
            print(f"posture-models: {error}", file=sys.stderr)
    if options.json:
        _print_json(checked)
    elif checked:
        table = Table("model", "version", "MB", "load ms", "p50 ms", "p95 ms", "golden vectors")
        table.columns[0].overflow = "fold"
        for one in checked:
            size = f"{one.bytes / 1e6:.1f}"
            times = (f"{one.load_ms:.0f}", f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}")
            table.add_row(one.name, one.version, size, *times, "hold")
        Console().print(table)
    return 1 if refused else 0


def _look(options: argparse.Namespace) -> int:
    from posture_tools.models.look import look

    network, stages = look(options.model, options.photo, options.output)
    table = Table("keypoint", "x px", "y px", *(f"height, {stage.role}" for stage in stages))
    for row, keypoint in enumerate(network.description.topology.keypoints):
        if keypoint in network.description.keypoints:
            x, y = (f"{value:.1f}" for value in stages[-1].peaks[row, :2])  # nan: none found
            table.add_row(keypoint, x, y, *(f"{stage.peaks[row, 2]:.2f}" for stage in stages))
    Console().print(table)
    print(f"Pictures: {options.output}")
    return 0


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


if __name__ == "__main__":
    sys.exit(main())
