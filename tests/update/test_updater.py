"""A whole run of the updater against a real server."""

from __future__ import annotations

from edge.inference.network import Network
from edge.update.canary import in_child
from edge.update.serving import ModelStore


def test_an_offer_becomes_candidate_serves_and_is_confirmed(publisher, station, models) -> None:
    sha256 = publisher.offer(models["2"])
    offer = station.updater().run()
    assert offer is not None
    assert offer.sha256 == sha256
    store = ModelStore(station.folder, {"whole": station.shipped}, station.events.append)
    assert store.changed()
    network = store.load(
        lambda files: Network.load(files["whole"].path, sha256=files["whole"].sha256)
    )
    assert network.identity.version == "2"
    assert store.on_trial
    assert not store.changed()
    store.confirm()
    assert station.slots.active["whole"].sha256 == sha256
    assert station.slots.candidate is None
    steps = [event["step"] for event in station.events]
    assert steps == ["decide", "download", "canary", "propose", "trial", "confirm"]


def test_a_second_run_takes_nothing(publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    assert station.updater().run() is None


def test_the_canary_runs_in_a_child_process(publisher, station, models) -> None:
    publisher.offer(models["2"])
    assert station.updater(canary=in_child).run() is not None
    assert station.reasons("canary") == ["ok"]
