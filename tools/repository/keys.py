"""Signing keys: Ed25519, one file each, readable only with its passphrase."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from edge.errors import RepositoryUnready

_SHORTEST = 12


def make_key(path: Path, passphrase: str) -> SSlibKey:
    """A new key: `path` (encrypted PKCS#8, mode 0600) and the public half in `path`.pub.

    Raises
    ------
    RepositoryUnready : the file exists, or the passphrase is shorter than 12 characters.
    """
    if len(passphrase) < _SHORTEST:
        raise RepositoryUnready(
            f"a passphrase has at least {_SHORTEST} characters.", "Four random words do well."
        )
    private = Ed25519PrivateKey.generate()
    encrypted = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    public_path = path.with_name(path.name + ".pub")
    if public_path.exists():
        raise RepositoryUnready(
            f"{public_path} exists; a key is never overwritten.", "Name another file."
        )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RepositoryUnready(
            f"{path} exists; a key is never overwritten.", "Name another file."
        ) from error
    with os.fdopen(handle, "wb") as file:
        file.write(encrypted)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public_path.write_bytes(public)
    return SSlibKey.from_crypto(private.public_key())


def load_public(path: Path) -> SSlibKey:
    """The public half of a key, from its .pub file.

    Raises
    ------
    RepositoryUnready : no such file, or no public key.
    """
    try:
        return SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise RepositoryUnready(
            f"{path} is no public key: {error}.", "Give a .pub file."
        ) from error


def load_signer(path: Path, passphrase: str) -> CryptoSigner:
    """A key that can sign.

    Raises
    ------
    RepositoryUnready : no such file, not encrypted, or another passphrase.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RepositoryUnready(f"cannot read the key {path}: {error.strerror}.") from error
    if b"ENCRYPTED" not in data:
        raise RepositoryUnready(
            f"{path} is no encrypted key.", "Make keys by `posture-models repo init`."
        )
    try:
        return CryptoSigner(load_pem_private_key(data, passphrase.encode()))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RepositoryUnready(
            f"{path} does not open.", "Check the passphrase; each key may have its own."
        ) from error
