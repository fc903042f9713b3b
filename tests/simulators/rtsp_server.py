"""A network camera: GStreamer's own RTSP server in a process of its own, with faults on purpose.

Run by the system's Python, which has GStreamer; told on standard input: `size WxH` (pictures get
another from now on), `drop` (everybody is thrown out), and an empty line ends it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SYSTEM_PYTHON = "/usr/bin/python3"
_NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
)
# A ball that moves over a bright ground; MJPEG, so that each frame stands alone.
_LAUNCH = (
    "( {source} ! videoscale ! capsfilter name=size "
    "caps=video/x-raw,format=I420,width={width},height={height},framerate=15/1 "
    "! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
)


def is_there() -> bool:
    if not Path(_SYSTEM_PYTHON).exists():
        return False
    asked = subprocess.run([_SYSTEM_PYTHON, "-c", _NEEDED], capture_output=True, check=False)
    return asked.returncode == 0


class RtspServer:
    """A running server. address : of its stream, with user and password."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.address = f"rtsp://admin:topsecret@127.0.0.1:{port}/hall"

    def say(self, order: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == "done"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def rtsp_server(
    port: int = 0, *, slow_s: float = 0.0, size: str = "160x120"
) -> Iterator[RtspServer]:
    """port : 0 takes a free one. slow_s : so long passes before the first picture."""
    process = subprocess.Popen(
        [_SYSTEM_PYTHON, __file__, str(port), str(slow_s), size],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield RtspServer(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        if process.stdin is not None:
            process.stdin.close()


def _serve(port: int, slow_s: float, size: str) -> None:
    import gi  # type: ignore[import-not-found]

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(False)

    def launch(size: str) -> None:
        width, height = size.split("x")
        source = "videotestsrc is-live=true pattern=ball background-color=0xff808080"
        factory.set_launch(_LAUNCH.format(source=source, width=width, height=height))

    sizes: list[object] = []

    def configure(_factory: object, media: object) -> None:
        element = media.get_element()  # type: ignore[attr-defined]
        sizes.append(element.get_by_name("size"))
        if slow_s:
            be_slow(element.get_by_name("pay0"))

    def be_slow(pay: object) -> None:
        """The camera answers at once, and sends nothing before its sensor has warmed up."""
        began: list[float] = []

        def hold(_pad: object, _info: object) -> int:
            began.append(time.monotonic())
            late = began[-1] - began[0] < slow_s
            return int(Gst.PadProbeReturn.DROP if late else Gst.PadProbeReturn.OK)

        both = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
        pay.get_static_pad("src").add_probe(both, hold)  # type: ignore[attr-defined]

    factory.connect("media-configure", configure)
    launch(size)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", "topsecret"), token)
    server.set_auth(auth)
    server.get_mount_points().add_factory("/hall", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()

    def obey(source: object, _condition: object) -> bool:
        order = sys.stdin.readline().split()
        if not order:
            loop.quit()
            return False
        if order[0] == "size":
            launch(order[1])
            width, height = order[1].split("x")
            caps = Gst.Caps.from_string(
                f"video/x-raw,format=I420,width={width},height={height},framerate=15/1"
            )
            for element in sizes:
                element.set_property("caps", caps)  # type: ignore[attr-defined]
        else:
            server.client_filter(lambda *_: GstRtspServer.RTSPFilterResult.REMOVE)
        print("done", flush=True)
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
    loop.run()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
