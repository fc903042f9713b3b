"""What may be typed behind `python -m posture_tools.evaluate`: a file a verb, in help's order.

They are light: what reads photographs or runs networks is imported where it is used.
"""

from posture_tools.evaluate.verbs import agreement, ap, compare, decode, mannequin, models

VERBS = (compare.VERB, models.VERB, ap.VERB, mannequin.VERB, agreement.VERB, decode.VERB)
