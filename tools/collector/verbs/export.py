"""`posture-collector export`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from posture_tools.collector.archive.files import require_parquet
from posture_tools.collector.body import now
from posture_tools.collector.chosen import CHOICE, chosen_by
from posture_tools.collector.collector_options import STORE, existing_store, files_of
from posture_tools.collector.exports.fhir import bundle
from posture_tools.collector.exports.parquet import parquet_pieces
from posture_tools.collector.report import write_csv

from edge.desk.outputs import Outputs
from edge.errors import SettingsInvalid
from edge.output import STDOUT, output, text_output


def run(options: Namespace, out: Output) -> int:
    chosen = chosen_by(options)
    asked = {kind: path for kind in ("csv", "parquet", "fhir") if (path := getattr(options, kind))}
    if not asked:
        raise SettingsInvalid("No file was named.", "Give --csv, --parquet or --fhir.")
    if "parquet" in asked:
        require_parquet()
    outputs = Outputs(files_of(options.store), overwrite=options.overwrite)
    targets = {kind: outputs.claim(path) for kind, path in asked.items()}
    if STDOUT in targets.values():
        out.give_way()
    with existing_store(options.store) as store:
        for kind, path in targets.items():
            if kind == "parquet":
                with output(path) as file:
                    for piece in parquet_pieces(store, (chosen,)):
                        file.write(piece)
                    said = "the measures"
            elif kind == "csv":
                with text_output(path) as text:
                    said = f"{write_csv(store, text, chosen)} measures"
            else:
                with text_output(path) as text:
                    said = f"{sum(text.write(p) > 0 for p in bundle(store, (chosen,), now())) - 2}"
                    said += " resources"
            if path != STDOUT:
                out.line(f"{said} in {path}")
    return 0


VERB = Verb(
    "export",
    "Write all measures: as CSV or Parquet, one row each, or as FHIR R4, one Observation each. A "
    "refused one has no value, but its reasons.",
    example="posture-collector export --csv measures.csv --store collector.db\n"
    "posture-collector export --csv - | head\n"
    "posture-collector export --fhir bundle.json --since 2026-05-01 --until 2026-05-02",
    run=run,
    waits="reading the store",
    arguments=(
        argument(
            "--csv",
            type=Path,
            default=None,
            metavar="FILE",
            help="Write CSV here; - is the standard output.",
        ),
        argument(
            "--parquet",
            type=Path,
            default=None,
            metavar="FILE",
            help="Write Parquet here, with the columns of the CSV.",
        ),
        argument(
            "--fhir",
            type=Path,
            default=None,
            metavar="FILE",
            help="Write a FHIR R4 transaction bundle here; - is the standard output.",
        ),
        OVERWRITE,
        STORE,
        *CHOICE,
    ),
    extra="parquet",
)
