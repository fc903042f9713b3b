"""The process that has the camera: frames in, committed results out."""
