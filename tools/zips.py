"""What reading a ZIP may raise, a wheel or an .npz of arrays: each part fails in its own way."""

from __future__ import annotations

import struct
import zipfile
import zlib

# Arrays of objects would be unpickled: numpy refuses them with a ValueError.
NOT_ZIP = (
    OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
