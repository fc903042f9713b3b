"""Home Assistant's discovery: it shows whether each station is there and how it is, no more.

The site tells by retained messages which entities there are; what they show it reads from the
stations' own topics `state` and `health`. What was measured stands on other topics, which the
access rules do not open to it. Tried with a broker and with Home Assistant's documented keys, not
with Home Assistant itself.
"""

from __future__ import annotations

import json
from typing import Any

from edge.wire.topics import Topics

DISCOVERY = "homeassistant"  # its default prefix
_SILENT_S = 180  # of a station that speaks each minute

# Key, name, value of the health message, unit, class of device.
_HEALTH = (
    ("waiting", "Results waiting", "value_json.waiting", "", ""),
    ("oldest", "Oldest result waiting", "value_json.oldest_age_s", "s", "duration"),
    ("temperature", "Temperature", "value_json.vitals.temperature_c", "\u00b0C", "temperature"),
    ("disk_free", "Disk free", "value_json.vitals.disk_free_mb", "MB", "data_size"),
    ("problem", "Problem", "value_json.vitals.problem or value_json.problem", "", ""),
)


def announcements(site: str, station: str) -> dict[str, bytes]:
    """Topic and payload of each entity, to be retained."""
    topics = Topics(site, station)
    node = f"posture_{site}_{station}".replace(".", "__")
    device = {
        "identifiers": [node], "name": f"Posture station {station}", "suggested_area": site,
        "manufacturer": "Posture station",
    }  # fmt: skip

    def entity(kind: str, key: str, **said: Any) -> tuple[str, bytes]:
        body = {"unique_id": f"{node}_{key}", "object_id": f"{node}_{key}", "device": device,
                "entity_category": "diagnostic", **said}  # fmt: skip
        return f"{DISCOVERY}/{kind}/{node}/{key}/config", json.dumps(body).encode()

    found = [
        entity(
            "binary_sensor", "online", name="Online", device_class="connectivity",
            state_topic=topics.state,
            value_template="{{ 'ON' if value_json.online else 'OFF' }}",
        )
    ]  # fmt: skip
    for key, name, value, unit, kind in _HEALTH:
        more = {"unit_of_measurement": unit} if unit else {}
        more |= {"device_class": kind} if kind else {}
        found.append(
            entity(
                "sensor", key, name=name, state_topic=topics.health, expire_after=_SILENT_S,
                value_template=f"{{{{ {value} }}}}", **more,
            )
        )  # fmt: skip
    return dict(found)
