"""OpenCV and FFmpeg print at every try what an exception says: they would fill the journal."""

from __future__ import annotations

import os

import cv2


def quieten() -> None:
    """For the whole process; harmless when repeated. FFmpeg reads its level at each opening."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
