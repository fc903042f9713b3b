"""What a file is, by its first bytes: suffixes are wrong as often as somebody renames a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 4096

Reader = Literal["opencv", "heif", "video", ""]


@dataclass(frozen=True, slots=True)
class Kind:
    """name : for people. reader : who decodes it; `video` may turn out to be none, and empty means
    that nobody here does."""

    name: str
    reader: Reader

    @property
    def is_photo(self) -> bool:
        return self.reader in ("opencv", "heif")


_HEIC = Kind("HEIC", "heif")
_AVIF = Kind("AVIF", "opencv")
_MP4 = Kind("MP4", "video")
_UNKNOWN = Kind("unknown", "video")

# At which byte, which bytes, what it is. Photographs that OpenCV decodes, and what is often met
# beside them: a video decoder need not be asked about those.
_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8", Kind("JPEG", "opencv")),
    (0, b"\x89PNG\r\n\x1a\n", Kind("PNG", "opencv")),
    (8, b"WEBP", Kind("WebP", "opencv")),
    (8, b"AVI ", Kind("AVI", "video")),
    (0, b"BM", Kind("BMP", "opencv")),
    (8, b"CR\x02\x00", Kind("camera raw", "")),
    (0, b"II*\x00", Kind("TIFF", "opencv")),
    (0, b"MM\x00*", Kind("TIFF", "opencv")),
    (0, b"II+\x00", Kind("TIFF", "opencv")),
    (0, b"MM\x00+", Kind("TIFF", "opencv")),
    (0, b"GIF8", Kind("GIF", "opencv")),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", Kind("JPEG 2000", "opencv")),
    (0, b"\xff\x4f\xff\x51", Kind("JPEG 2000", "opencv")),
    (0, b"#?RADIANCE", Kind("Radiance HDR", "opencv")),
    (0, b"#?RGBE", Kind("Radiance HDR", "opencv")),
    (0, b"%PDF", Kind("PDF", "")),
    (0, b"8BPS", Kind("Photoshop", "")),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", Kind("JPEG XL", "")),
    (0, b"\xff\x0a", Kind("JPEG XL", "")),
    (0, b"\x00\x00\x01\x00", Kind("icon", "")),
    (0, b"PK\x03\x04", Kind("ZIP", "")),
    (0, b"\x1f\x8b", Kind("gzip", "")),
    (0, b"FUJIFILMCCD-RAW", Kind("camera raw", "")),
    (0, b"IIU\x00", Kind("camera raw", "")),
    (0, b"IIRO", Kind("camera raw", "")),
    # Lists of other files: FFmpeg would open what they name, in this machine or outside it.
    (0, b"#EXTM3U", Kind("play list", "")),
    (0, b"ffconcat", Kind("play list", "")),
    (0, b"v=0\r\n", Kind("play list", "")),
    (0, b"v=0\n", Kind("play list", "")),
    (0, b"<", Kind("XML", "")),
    (0, b"{", Kind("JSON", "")),
    (0, b"[", Kind("JSON", "")),
)
_NETPBM = b"123456"
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
)


def described(kind: Kind) -> str:
    """For a sentence: what a file is that cannot be read as it was asked to be."""
    if kind.name == "empty":
        return "is empty"
    if kind.name == "unknown":
        return "is neither a photograph nor a video that can be decoded here"
    return f"is {'an' if kind.name[0] in 'AEIOaeioMX' else 'a'} {kind.name} file"


def kind_of(head: bytes) -> Kind:
    """What a file is that begins with these bytes (HEAD_BYTES of them, or all that it has).

    What nobody knows is perhaps a video: only a decoder can tell.
    """
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:1] == b"P" and head[1:2] in _NETPBM and head[2:3].isspace():
        return Kind("Netpbm", "opencv")
    for at, bytes_, kind in _SIGNATURES:
        if head.startswith(bytes_, at):
            if kind.name in ("WebP", "AVI") and not head.startswith(b"RIFF"):
                continue
            return kind
    return _UNKNOWN if head else Kind("empty", "video")


def _iso_media(head: bytes) -> Kind:
    """Photographs and videos share this container; its first box lists what it may be read as."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return _AVIF
    if b"crx " in brands:
        return Kind("camera raw", "")
    if brands & _HEIF_BRANDS and not brands & {b"mp41", b"mp42", b"isom", b"qt  "}:
        return _HEIC
    return _MP4
