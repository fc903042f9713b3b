"""Whether a station's signature holds. libsodium, where the extra `postgres` brought it, needs half
the time, and other threads compute meanwhile: of all that a worker does this is the most.

Both say the same of every key that a station makes. libsodium also refuses keys of small order,
whose signatures anybody can make.
"""

from __future__ import annotations

from importlib.util import find_spec

from edge.wire import keys

if find_spec("nacl") is None:
    is_signed = keys.is_signed
else:
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import CryptoError

    def is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
        """Whether the holder of the key signed exactly this text. public : 32 bytes."""
        if len(public) != keys.PUBLIC_BYTES or len(signature) != keys.SIGNATURE_BYTES:
            return False
        try:
            crypto_sign_open(signature + text, public)
        except CryptoError:
            return False
        return True
