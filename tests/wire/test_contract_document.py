"""The contract as a document: what it points to is there, and how each word travels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from edge.wire.contract import asyncapi

# As docs/wire.md tells it: what is missed is said again, or was of one moment only.
AT_MOST_ONCE = {"prompt", "aim", "fms", "health", "receipt"}
RETAINED = {"state", "birth", "enrol", "desired", "collector"}


def refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(part, list):
        for each in part:
            yield from refs(each)


def test_whatever_it_points_to_is_there() -> None:
    document = asyncapi()
    found = set(refs(document))
    assert {"#/components/messages/Result", "#/components/messages/Health"} <= found
    for ref in found:
        at: Any = document
        assert ref.startswith("#/")
        for step in ref[2:].split("/"):
            at = at[step.replace("~1", "/").replace("~0", "~")]
        assert at


def test_what_is_of_one_moment_is_sent_once_and_what_holds_is_kept_by_the_broker() -> None:
    document = asyncapi()
    qos = {name: each["bindings"]["mqtt"]["qos"] for name, each in document["operations"].items()}
    assert len(qos) == len(document["channels"]) == 14
    for name, each in document["operations"].items():
        channel = each["channel"]["$ref"].rpartition("/")[2]
        assert qos[name] == (0 if channel in AT_MOST_ONCE else 1), channel
        assert each["bindings"]["mqtt"]["retain"] is (channel in RETAINED), channel


@pytest.mark.parametrize("channel", ["result", "event"])
def test_results_and_events_say_every_version_that_is_read(channel: str) -> None:
    messages = asyncapi()["channels"][channel]["messages"]
    assert len(messages) == (2 if channel == "result" else 1)
