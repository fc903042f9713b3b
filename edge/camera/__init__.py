"""Sources of frames: files, video, V4L2, RTSP, picamera2 and the rendered mannequin."""
