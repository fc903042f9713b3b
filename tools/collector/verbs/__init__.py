"""What may be typed behind `posture-collector`: a file a verb, in the order of its help."""

from posture_tools.collector.verbs import (
    command,
    contract,
    demo_broker,
    desire,
    erase,
    export,
    fleet,
    letters,
    list_results,
    person,
    report,
    rollout,
    run,
    site,
    verify,
)

VERBS = (
    run.VERB,
    list_results.VERB,
    export.VERB,
    report.VERB,
    fleet.VERB,
    verify.VERB,
    letters.DEAD_LETTERS,
    letters.CONFLICTS,
    site.VERB,
    rollout.VERB,
    desire.VERB,
    command.VERB,
    erase.VERB,
    person.VERB,
    contract.VERB,
    demo_broker.VERB,
)
