"""Sources of frames: photographs, videos, V4L2, RTSP, picamera2, and what other packages bring."""
