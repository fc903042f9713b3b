"""Photographs of any kind: read as Pillow shows them, told by content, refused in words."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from edge.camera import photos
from edge.camera.photos import read_photo
from edge.errors import ImageUnreadable, SourceInvalid

SIZE = (96, 64)


def scene() -> Image.Image:
    """Four quarters and a slope: no turn or mirror of it looks like another."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    image = np.stack([x * 2, y * 3, np.where((x < 48) & (y < 32), 230, 40)], axis=-1)
    return Image.fromarray(image.astype(np.uint8))


def saved(path: Path, image: Image.Image, kind: str, **options: object) -> Path:
    image.save(path, kind, **options)  # type: ignore[arg-type]
    return path


def as_pillow_shows(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened)
        if "A" in upright.getbands() or "transparency" in upright.info:
            upright = Image.alpha_composite(
                Image.new("RGBA", upright.size, "white"), upright.convert("RGBA")
            )
        return np.asarray(upright.convert("RGB"))[:, :, ::-1].astype(int)


def differ(path: Path) -> float:
    read, shown = read_photo(path), as_pillow_shows(path)
    assert read.dtype == np.uint8
    assert read.shape == shown.shape
    return float(np.abs(read - shown).mean())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_any_orientation(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    how: dict[str, object] = {"exif": exif}
    if kind == "TIFF":
        how = {"tiffinfo": {0x112: orientation}}
    assert differ(saved(tmp_path / "a", scene(), kind, **how)) < 4


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_what_is_transparent_is_white_in_any_orientation(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    image = scene()
    alpha = np.full(SIZE[::-1], 255, np.uint8)
    alpha[:20, :70] = 0
    image.putalpha(Image.fromarray(alpha))
    exif = Image.Exif()
    exif[0x112] = orientation
    how: dict[str, object] = {"exif": exif}
    if kind == "TIFF":
        how = {"tiffinfo": {0x112: orientation}}
    elif kind == "WEBP":
        how["lossless"] = True
    # As a PNG, for Pillow turns no TIFF with alpha; first, for it takes the turn out of an AVIF's.
    shown = as_pillow_shows(saved(tmp_path / "png", image, "PNG", exif=exif))
    read = read_photo(saved(tmp_path / "a", image, kind, **how))
    assert read.shape == shown.shape
    assert np.abs(read - shown).mean() < 4


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "L"), ("JPEG", "CMYK"), ("TIFF", "CMYK"), ("TIFF", "YCbCr"), ("TIFF", "1"),
        ("PNG", "1"), ("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("GIF", "P"), ("BMP", "RGB"),
        ("PPM", "RGB"), ("PPM", "L"), ("JPEG2000", "RGB"), ("AVIF", "RGB"), ("WEBP", "RGB"),
    ],
)  # fmt: skip
def test_any_colour_space(tmp_path: Path, kind: str, mode: str) -> None:
    assert differ(saved(tmp_path / "a", scene().convert(mode), kind)) < 4


@pytest.mark.parametrize("kind", ["png", "tiff", "jp2"])
def test_16_bits_a_colour(tmp_path: Path, kind: str) -> None:
    eight = np.asarray(scene())[:, :, ::-1]
    _, data = cv2.imencode(f".{kind}", eight.astype(np.uint16) * 257)
    (tmp_path / "a").write_bytes(data.tobytes())
    np.testing.assert_allclose(read_photo(tmp_path / "a"), eight, atol=1)


def test_16_bits_with_alpha(tmp_path: Path) -> None:
    image = np.full((8, 8, 4), 20_000, np.uint16)
    image[:, :4, 3], image[:, 4:, 3] = 0, 65_535
    _, data = cv2.imencode(".png", image)
    (tmp_path / "a").write_bytes(data.tobytes())
    assert read_photo(tmp_path / "a")[0, :, 0].tolist() == [255] * 4 + [78] * 4


def test_an_alpha_of_nothing_but_zeros_means_none(tmp_path: Path) -> None:
    image = scene()
    image.putalpha(0)
    plain = np.asarray(scene())[:, :, ::-1]
    np.testing.assert_array_equal(read_photo(saved(tmp_path / "a", image, "PNG")), plain)


def test_10_bits_of_an_avif(tmp_path: Path) -> None:
    eight = np.asarray(scene())[:, :, ::-1]
    _, data = cv2.imencode(".avif", eight.astype(np.uint16) * 4, [cv2.IMWRITE_AVIF_DEPTH, 10])
    (tmp_path / "a.avif").write_bytes(data.tobytes())
    assert np.abs(read_photo(tmp_path / "a.avif").astype(int) - eight).mean() < 4


def test_a_radiance_picture(tmp_path: Path) -> None:
    light = np.asarray(scene())[:, :, ::-1].astype(np.float32) / 255
    _, data = cv2.imencode(".hdr", light)
    (tmp_path / "a.hdr").write_bytes(data.tobytes())
    assert read_photo(tmp_path / "a.hdr").shape == (64, 96, 3)


@pytest.mark.parametrize("name", ["photo.heic", "photo.jpg", "photo"])
def test_fault_14_heic_is_read_whatever_its_name(shared: Path, tmp_path: Path, name: str) -> None:
    pi_heif = pytest.importorskip("pi_heif")
    (tmp_path / name).write_bytes((shared / "cases" / "photo.heic").read_bytes())
    image = pi_heif.open_heif(tmp_path / name).to_pillow()
    np.testing.assert_array_equal(
        read_photo(tmp_path / name), np.asarray(image.convert("RGB"))[:, :, ::-1]
    )


def test_fault_14_without_its_reader_heic_is_named_with_what_to_do(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(ImageUnreadable, match=r"photo\.heic is a HEIC.*posture-station\[heic\]"):
        read_photo(shared / "cases" / "photo.heic")


def test_fault_8_1600_megapixels_are_refused_by_their_header(shared: Path) -> None:
    with pytest.raises(ImageUnreadable, match="40000 x 40000 pixels; 256 million"):
        read_photo(shared / "cases" / "huge_1600mp.png")


def _header(kind: str) -> bytes:
    """A photograph of 30 000 x 30 000 as its first bytes tell it."""
    side, small = 30_000, io.BytesIO()
    Image.new("RGB", (16, 16)).save(small, kind)
    data = bytearray(small.getvalue())
    if kind == "BMP":
        data[18:26] = side.to_bytes(4, "little") * 2
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = side.to_bytes(2, "big") * 2
    elif kind == "GIF":
        data[6:10] = side.to_bytes(2, "little") * 2
    elif kind == "PPM":
        data = bytearray(b"P6\n30000 30000\n255\n")
    elif kind == "AVIF":
        at = data.index(b"ispe") + 8
        data[at : at + 8] = side.to_bytes(4, "big") * 2
    elif kind == "JPEG2000":
        at = data.index(b"ihdr") + 4
        data[at : at + 8] = side.to_bytes(4, "big") * 2
    return bytes(data)


@pytest.mark.parametrize("kind", ["BMP", "JPEG", "GIF", "PPM", "AVIF", "JPEG2000"])
def test_fault_8_the_header_of_any_kind_is_asked(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(_header(kind))
    with pytest.raises(ImageUnreadable, match="30000 x 30000 pixels"):
        read_photo(tmp_path / "a")


def test_fault_8_a_photograph_larger_than_the_memory_ends_in_words(tmp_path: Path) -> None:
    """108 million pixels, as telephones take them, where 0.9 GB may be used."""
    Image.new("RGB", (12_000, 9_000), (90, 120, 60)).save(tmp_path / "a.jpg", quality=30)
    script = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from edge.camera.photos import read_photo\nfrom edge.errors import ImageUnreadable\n"
        "resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try:\n    print(read_photo(Path(sys.argv[1])).shape)\n"
        "except ImageUnreadable as problem:\n    print(problem)\n"
    )
    for most, said in (
        (900_000_000, "12000 x 9000 pixels"),
        (12_000_000_000, "(9000, 12000, 3)"),
    ):
        ended = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "a.jpg"), str(most)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert said in ended.stdout
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_memory_that_runs_out_while_decoding_ends_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else took it after it was asked for."""

    def out_of_memory(*_: object) -> None:
        error = cv2.error("Failed to allocate 324000000 bytes")
        error.code = cv2.Error.StsNoMem
        raise error

    saved(tmp_path / "a.jpg", scene(), "JPEG")
    monkeypatch.setattr(photos.cv2, "imdecode", out_of_memory)
    with pytest.raises(ImageUnreadable, match="more memory than there is"):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("share", [0.5, 0.98])
@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "AVIF", "PPM"]
)
def test_a_photograph_that_is_cut_off_is_not_measured(
    tmp_path: Path, kind: str, share: float
) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (120, 160, 3), np.uint8)
    whole = saved(tmp_path / "a", Image.fromarray(noise), kind).read_bytes()
    (tmp_path / "a").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ImageUnreadable, match="damaged or cut off"):
        read_photo(tmp_path / "a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "is a PDF file"),
        (b"PK\x03\x04....", "is a ZIP file"),
        (b"8BPS....", "is a Photoshop file"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "is a JPEG XL file"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "is a camera raw file"),
        (b"", "is empty"),
        (b"Dear diary", "neither a photograph nor a video"),
    ],
)
def test_what_is_no_photograph_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(ImageUnreadable, match=said):
        read_photo(tmp_path / "a.jpg")


def test_fault_8_a_name_of_300_letters(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="the name is too long"):
        read_photo(tmp_path / ("x" * 300))


def test_fault_5_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    made = saved(tmp_path / "a.png", scene(), "PNG")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin1_\xe9.png"))
    made.rename(path)
    assert read_photo(path).shape == (64, 96, 3)


def test_a_device_is_not_read_to_its_end(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="a socket or device"):
        read_photo(Path("/dev/zero"))
