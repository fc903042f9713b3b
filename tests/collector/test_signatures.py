"""The quick way to check a signature says what the other says."""

from __future__ import annotations

from importlib.util import find_spec

from conftest import missing
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.collector import signatures

from edge.wire.keys import Signer, is_signed

SIGNER = Signer.new()


@given(st.binary(max_size=200), st.integers(0, 95), st.integers(1, 255))
def test_a_changed_byte_of_key_or_signature_is_seen_by_both(
    text: bytes, place: int, change: int
) -> None:
    signature = SIGNER.sign(text)
    assert signatures.is_signed(SIGNER.public, signature, text)
    both = bytearray(SIGNER.public + signature)
    both[place] ^= change
    public, other = bytes(both[:32]), bytes(both[32:])
    assert not signatures.is_signed(public, other, text)
    assert not is_signed(public, other, text)
    assert not signatures.is_signed(SIGNER.public, signature, text + b"x")


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_what_has_not_the_size_of_a_key_or_signature_is_none(public: bytes, other: bytes) -> None:
    assert not signatures.is_signed(public, other, b"text")


def test_a_key_whose_signatures_anybody_can_make_is_none() -> None:
    """Of small order: this signature fits every text."""
    neutral = b"\x01" + bytes(31)
    assert not signatures.is_signed(neutral, neutral + bytes(32), b"text")


def test_libsodium_is_what_checks_where_it_is_there() -> None:
    if find_spec("nacl") is None:
        missing("the package pynacl")
    assert signatures.is_signed is not is_signed
