"""Fault 7: a camera's password leaves the station in no address that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.camera.address import check_address
from edge.camera.sources import camera_for
from edge.errors import SourceInvalid
from edge.settings import CameraSettings
from edge.shown import shown_address

SECRET = "s3cr3t"  # noqa: S105 - the one that is looked for


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"rtsp://admin:{SECRET}@10.0.0.9:554/stream", "rtsp://10.0.0.9:554"),
        (f"rtsp://10.0.0.9/stream?user=admin&password={SECRET}", "rtsp://10.0.0.9"),
        (f"rtsp://10.0.0.9/{SECRET}/live", "rtsp://10.0.0.9"),
        (f"rtsps://{SECRET}@[fe80::1]:322/live", "rtsps://[fe80::1]:322"),
        (f"rtsp://admin:pa%23{SECRET}@hall.local/1", "rtsp://hall.local"),
    ],
)
def test_fault_7_scheme_host_and_port_are_shown(address: str, shown: str) -> None:
    check_address(address)
    assert shown_address(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        f"rtsp://admin:pa#{SECRET}@10.0.0.9/stream",
        f"rtsp://admin:pa/{SECRET}@10.0.0.9/stream",
        f"rtsp://admin:12/{SECRET}@10.0.0.9/stream",
        f"rtsp://admin:pa?{SECRET}@10.0.0.9/stream",
        f"rtsp://admin:{SECRET}@x@10.0.0.9/stream",
        f"rtsp://[::1/{SECRET}",
        f"rtsp://host:port{SECRET}/x",
        f"rtsp:///{SECRET}",
    ],
)
def test_fault_7_an_address_that_can_be_read_in_two_ways_is_refused(address: str) -> None:
    assert SECRET not in shown_address(address)
    with pytest.raises(SourceInvalid, match="%23 for #") as refused:
        camera_for(CameraSettings(source=address))
    assert SECRET not in str(refused.value)


def test_another_scheme_shows_no_password_either() -> None:
    with pytest.raises(SourceInvalid) as refused:
        camera_for(CameraSettings(source=f"http://admin:{SECRET}@10.0.0.9/video.mjpg"))
    assert SECRET not in str(refused.value)


_PASSWORD = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)


@given(_PASSWORD, st.sampled_from(["", "/stream", "/a?channel=1", "/x@y"]))
def test_fault_7_whatever_the_password_no_part_of_it_is_shown(password: str, path: str) -> None:
    shown = shown_address(f"rtsp://admin:<{SECRET}{password}{SECRET}>@camera.local{path}")
    assert shown in ("rtsp://camera.local", "rtsp://...")
