"""What may be typed behind `posture-models`: a file a verb, in the order of its help.

They are light: what needs ONNX or PyTorch is imported where it is used.
"""

from posture_tools.models.verbs import check, describe, export, inspect, look, quantise, repo

VERBS = (
    describe.VERB,
    check.VERB,
    inspect.VERB,
    look.VERB,
    export.VERB,
    quantise.VERB,
    repo.VERB,
)
