"""The kinds of files, a few whole ones of each, and the code that reads them.

A reader returns normally for what it could use, and raises one of our errors for what it could not;
how far it came is told by `deep`: whether the first decoder (of pixels, of a container, of JSON,
TOML or ONNX) took the file.
"""

from __future__ import annotations

from fuzz.desk import DESK
from fuzz.kind import Kind
from fuzz.networks import NETWORKS
from fuzz.pictures import PICTURES
from fuzz.site import SITE
from fuzz.station import STATION
from fuzz.updates import UPDATES

# The cheap ones first: the time that they leave of theirs is shared out among those that follow.
KINDS: dict[str, Kind] = {**STATION, **SITE, **DESK, **UPDATES, **NETWORKS, **PICTURES}
