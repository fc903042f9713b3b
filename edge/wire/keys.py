"""Ed25519 keys: who signed a body. What is signed stands in docs/wire.md."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from edge.errors import SettingsInvalid

PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64


def key_id(public: bytes) -> str:
    """The short name of a public key: 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def fingerprint(public: bytes) -> str:
    """What a person compares before approving a key: 32 hex digits in groups of four."""
    digits = hashlib.sha256(public).hexdigest()[:32]
    return "-".join(digits[i : i + 4] for i in range(0, 32, 4))


class Signer:
    """A private key. `public` : its 32 raw bytes; `key` : their short name."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.key = key_id(self.public)

    @classmethod
    def new(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load a private key from a PEM file.

        Raises
        ------
        SettingsInvalid : missing, not readable, or no Ed25519 key.
        """
        try:
            private = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SettingsInvalid(
                f"The key {path} cannot be read: {error}.", "Check the file and its rights."
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SettingsInvalid(f"{path} is no Ed25519 key.", "Name the right file.")
        return cls(private)

    def pem(self) -> bytes:
        """The private key as PEM, for a file that only its owner may read."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, text: bytes) -> bytes:
        """Sign a text; 64 bytes."""
        return self._private.sign(text)


def is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the holder of the key signed exactly this text."""
    try:
        _read(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@functools.lru_cache(maxsize=20_000)  # a worker hears each station again and again
def _read(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def load_public(path: Path) -> bytes:
    """The 32 raw bytes of a public key in a PEM file.

    Raises
    ------
    SettingsInvalid : missing, not readable, or no Ed25519 key.
    """
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsInvalid(
            f"The public key {path} cannot be read: {error}.", "Check the file and its rights."
        ) from error
    if not isinstance(public, Ed25519PublicKey):
        raise SettingsInvalid(f"{path} is no Ed25519 key.", "Name the right file.")
    return public.public_bytes_raw()


def public_pem(public: bytes) -> bytes:
    """The public key as PEM, for a file that everybody may read."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
