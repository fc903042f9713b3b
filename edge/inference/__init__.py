"""One self-describing ONNX file: description, checks, letterbox, onnxruntime."""
