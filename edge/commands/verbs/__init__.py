"""What may be typed behind `posture-station`: a file a verb, listed here in the order of its help.

They are light, for `--help` on a small board must not wait for a compiler; what they do stands in
the folder above.
"""

from edge.commands.verbs import (
    assess,
    bench,
    calibrate,
    demo,
    doctor,
    fms,
    netwatch,
    provision,
    run,
    software,
    stickers,
    update,
    warmup,
)

VERBS = (
    assess.VERB,
    run.VERB,
    doctor.VERB,
    demo.VERB,
    calibrate.VERB,
    fms.VERB,
    stickers.VERB,
    bench.VERB,
    provision.VERB,
    netwatch.VERB,
    update.VERB,
    software.VERB,
    warmup.VERB,
)
