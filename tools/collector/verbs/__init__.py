"""What may be typed behind `posture-collector`: a file a verb, in the order of its help."""

from posture_tools.collector.verbs import (
    command,
    contract,
    demo_broker,
    desire,
    export,
    fleet,
    list_results,
    report,
    rollout,
    run,
)

VERBS = (
    run.VERB,
    list_results.VERB,
    export.VERB,
    report.VERB,
    fleet.VERB,
    rollout.VERB,
    desire.VERB,
    command.VERB,
    contract.VERB,
    demo_broker.VERB,
)
