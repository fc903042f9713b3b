"""Photographs that an operator gives to a desk: the one exception to "never pictures".

    bytes ──> decoding ──> pixels ──> finding ──> a pose ──> moving ──> measures ──> desk ──> store
              confined     no EXIF    networks    kept        by hand    intervals    signed

They are decoded and looked at in processes of their own, kept beside the store until somebody has
reviewed them, and measured by the functions of `posture-station assess`. The desk is a station like
any other: an outbox, a key, a chain; its broker is a call.
"""
