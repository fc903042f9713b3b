"""Everything that runs on the device. The data flows one way, through the folders:

    camera -> inference -> decode -> estimation -> posture -> screening -> results -> uplink

`records.py` holds what the stages hand to each other; `app.py` is the only place that knows
concrete classes.
"""

import os

# onnxruntime 1.31 writes a file of usage events into the home folder, to be sent to its makers.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "1.0.0"
