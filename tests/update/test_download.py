"""One file over bad links, against a real server."""

from __future__ import annotations

import random

import pytest
from simulators.file_server import file_server
from simulators.model_world import PATIENT

from edge.errors import UpdateDelayed, UpdateRefused
from edge.update.download import Download, Patience
from edge.update.web import Web

SIZE = 300_000


@pytest.fixture
def body() -> bytes:
    return random.Random(5).randbytes(SIZE)


@pytest.fixture
def server(tmp_path, body):
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "model").write_bytes(body)
    with file_server(folder) as running:
        yield running


@pytest.fixture
def part(tmp_path):
    return tmp_path / "model.part"


def download(server, part, patience: Patience = PATIENT, **options) -> Download:
    return Download(Web(silence_s=30.0), f"{server.url}/model", part, SIZE, patience, **options)


def test_a_link_that_is_cut_goes_on_where_it_ended(server, part, body) -> None:
    server.cut_after["model"] = 70_000
    one = download(server, part)
    one.complete()
    assert part.read_bytes() == body
    assert one.attempts == 5
    assert server.asked("model")[1:] == [f"bytes={70_000 * n}-" for n in range(1, 5)]
    assert not part.with_suffix(".etag").exists()


def test_another_process_goes_on_where_the_first_ended(server, part, body) -> None:
    server.cut_after["model"] = 100_000
    with pytest.raises(UpdateDelayed):
        download(server, part, Patience(rate_bytes_s=1e9), sleep=_stop_after(0)).complete()
    server.heal()
    download(server, part).complete()
    assert part.read_bytes() == body
    assert server.asked("model")[-1] == "bytes=100000-"


def _stop_after(count: int):
    """A sleep that ends the process, in the way of a service that is stopped."""
    calls = iter(range(count))

    def sleep(_seconds: float) -> None:
        if next(calls, None) is None:
            raise UpdateDelayed("stopped", "the service was stopped")

    return sleep


def test_a_file_that_changed_meanwhile_is_taken_from_its_start(server, part, tmp_path) -> None:
    part.write_bytes(b"old" * 1000)
    part.with_suffix(".etag").write_text('"of the old file"')
    download(server, part).complete()
    assert part.read_bytes() == (tmp_path / "public" / "model").read_bytes()


@pytest.mark.parametrize("etag", ["weak", "none"])
def test_without_a_strong_etag_every_attempt_starts_anew(server, part, body, etag) -> None:
    server.etag = etag
    server.cut_after["model"] = 100_000
    with pytest.raises(UpdateDelayed) as caught:
        download(server, part).complete()
    assert caught.value.reason == "unreachable"
    assert set(server.asked("model")) == {""}
    server.heal()
    download(server, part).complete()
    assert part.read_bytes() == body


def test_a_server_without_ranges_still_serves(server, part, body) -> None:
    server.ranges = False
    part.write_bytes(body[:1000])
    part.with_suffix(".etag").write_text('"x"')
    download(server, part).complete()
    assert part.read_bytes() == body


@pytest.mark.parametrize("status", [403, 404, 410])
def test_4xx_is_final(server, part, status) -> None:
    server.statuses["model"] = status
    with pytest.raises(UpdateDelayed) as caught:
        download(server, part).complete()
    assert caught.value.reason == f"http_{status}"
    assert len(server.requests) == 1


def test_5xx_is_asked_again_a_few_times(server, part) -> None:
    server.statuses["model"] = 503
    one = download(server, part)
    with pytest.raises(UpdateDelayed) as caught:
        one.complete()
    assert caught.value.reason == "http_503"
    assert one.attempts == PATIENT.fruitless


def test_a_server_that_sends_more_than_signed(server, part) -> None:
    server.endless.add("model")
    with pytest.raises(UpdateRefused) as caught:
        download(server, part).complete()
    assert caught.value.reason == "endless"
    assert not part.exists()


def test_a_server_that_trickles_is_given_up_and_the_bytes_are_kept(server, part) -> None:
    server.trickle["model"] = (10, 0.02)
    patience = Patience(
        least_bytes_s=1e5, window_s=0.1, fruitless=1, first_wait_s=1e-3, longest_wait_s=1e-3
    )
    with pytest.raises(UpdateDelayed) as caught:
        download(server, part, patience, sleep=_stop_after(0)).complete()
    assert caught.value.reason in ("slow", "stopped")
    assert part.stat().st_size > 0


def test_the_rate_limit_is_kept(server, part) -> None:
    """By the sleeps that the limit asks for: no time passes in them here."""
    slept: list[float] = []
    patience = Patience(rate_bytes_s=100_000, window_s=60)
    download(server, part, patience, sleep=slept.append).complete()
    # Each sleep is the whole lead over the limit so far; the last one is nearly all of 3 s.
    assert 2.0 < slept[-1] <= SIZE / 100_000


def test_waits_grow_and_are_spread(server, part) -> None:
    server.statuses["model"] = 500
    slept: list[float] = []
    patience = Patience(fruitless=9, first_wait_s=1.0, longest_wait_s=8.0)
    with pytest.raises(UpdateDelayed):
        download(server, part, patience, sleep=slept.append).complete()
    assert len(slept) == 8
    assert all(s <= min(8.0, 2.0 ** (n + 1)) for n, s in enumerate(slept))
    assert len(set(slept)) == len(slept)


def test_a_slow_link_that_is_cut_every_20_s_completes(server, part, body) -> None:
    """10 MB at 64 kB/s, cut every 20 s, at 1:33 in bytes: cut every 39 kB of 300 kB."""
    server.cut_after["model"] = 64_000 * 20 // 33
    server.trickle["model"] = (4096, 0.001)
    one = download(server, part)
    one.complete()
    assert part.read_bytes() == body
    assert one.attempts == 8


@pytest.mark.parametrize("damage", [b"\xff\x00\xfe", b'"a\nb"', b"\0" * 40, b""])
def test_what_a_part_was_begun_of_is_lost_and_it_begins_anew(server, part, body, damage) -> None:
    part.write_bytes(b"old" * 1000)
    part.with_suffix(".etag").write_bytes(damage)
    download(server, part).complete()
    assert part.read_bytes() == body
    assert server.asked("model") == [""]
