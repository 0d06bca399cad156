"""Nothing of a stranger's file but its picture is kept, and what is no picture or too large is refused at once."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from formats import photos

SECRET = b"28.1N 113.6E <script>alert(1)</script>"


def picture(kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, kind, **options)
    return out.getvalue()


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010E] = SECRET.decode()
    found.get_ifd(0x8825)[1] = "N"
    return found


def text_of_png() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("place", SECRET.decode())
    return found


def png_of(width: int, height: int) -> bytes:
    """The head of a PNG that says it is so large, with next to nothing in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("sent", [
    picture("JPEG", comment=SECRET), picture("JPEG", exif=exif()), picture("JPEG") + SECRET, picture("PNG", pnginfo=text_of_png()),
    picture("WEBP", xmp=SECRET), picture("WEBP", exif=exif()),
])  # fmt: skip
def test_what_comes_along_with_a_photo_is_not_kept(sent):
    kept = photos.cleaned(sent)
    assert SECRET in sent.replace(b"\0", b"") or b"script" in sent
    assert b"script" not in kept and Image.open(io.BytesIO(kept)).size == (60, 40) and not Image.open(io.BytesIO(kept)).getexif()


@pytest.mark.parametrize(("sent", "sentence"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "JPG"), (b"%PDF-1.7", "JPG"),
    (b"GIF89a" + bytes(50), "JPG"), (picture("JPEG")[:300], "JPG"), (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC"),
    (png_of(30_000, 30_000), "像素太大"), (png_of(6000, 6000), "像素太大"),
])  # fmt: skip
def test_what_is_no_photo_or_too_large_is_refused_with_a_sentence(sent, sentence):
    with pytest.raises(photos.NotAPhoto) as no:
        photos.cleaned(sent)
    assert sentence in no.value.sentence
