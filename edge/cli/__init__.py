"""The command line: how every program reads it, what it prints and how it ends.

A program is a list of verbs, and a verb is one file, light enough that `--help` waits for nothing:
what takes long to import is imported inside its function.

    # edge/commands/verbs/greet.py
    from edge.cli.output import Output
    from edge.cli.verb import Verb, argument

    def run(options: Namespace, out: Output) -> int:
        for path in options.cards:
            with out.reading(path):                 # a card that cannot be read: status 1, go on
                out.entry({"path": str(path), "words": words_on(path)})     # with --json
        out.line("Everybody was greeted.")                                  # without
        return 0

    VERB = Verb(
        "greet",
        "Greet everybody on a card. A card is a text file with a name on each line.",
        example="posture-station greet hall-1.txt --loud",
        run=run,
        arguments=(
            argument("cards", nargs="+", type=Path, metavar="CARD", help="A card, or several."),
            argument("--loud", action="store_true", help="Greet in capitals."),
        ),
        json="array",
        inputs="cards",
    )

It is in the program as soon as its package's `__init__` lists it. A verb does not catch errors
that end it: a `PostureError` becomes words on standard error, the exit status of its kind and,
with `--json`, an entry in the document. It says two things, one for people (`out.line`,
`out.table`: silent with `--json`) and one for machines (`out.entry`, `out.answer`: silent without).
"""
