"""Everything that runs on the device. The data flows one way, through the folders:

    camera -> inference -> decode -> estimation -> posture -> screening -> results -> uplink

`records.py` holds what the stages hand to each other; `app.py` is the only place that knows
concrete classes.
"""

__version__ = "0.1.0"
