"""What may be typed behind `python -m posture_tools.evaluate`: a file a verb, in help's order.

They are light: what reads photographs or runs networks is imported where it is used.
"""

from posture_tools.evaluate.verbs import (
    accuracy,
    agreement,
    ap,
    bodies,
    boxes,
    compare,
    coverage,
    decode,
    holds,
    limits,
    mannequin,
    models,
    pck,
    shear,
    stickers,
    views,
    visits,
)

VERBS = (
    compare.VERB,
    models.VERB,
    shear.VERB,
    views.VERB,
    boxes.VERB,
    bodies.VERB,
    accuracy.VERB,
    coverage.VERB,
    visits.VERB,
    holds.VERB,
    ap.VERB,
    pck.VERB,
    mannequin.VERB,
    stickers.VERB,
    agreement.VERB,
    limits.VERB,
    decode.VERB,
)
