"""Photos from strangers, decoded and written anew: nothing of the file that was sent is kept, least of all where it was taken."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = {"JPEG": 80_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""What a phone takes or a screen shows; a JPEG is decoded no larger than needed, the others whole."""
LONGEST_SIDE = 2000
KINDS = tuple(MOST_PIXELS)
_LARGE = "照片的像素太大，请把手机相机调到普通像素，重新拍一张再传"
_APPLE = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"))
_HEIC = "这张照片是苹果手机的 HEIC 格式，打不开。请把它截个屏，传截屏；或在“设置—相机—格式”选“兼容性最佳”后重拍一张"


class NotAPhoto(Exception):
    """The content is no photo that can be kept; the sentence says why."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


def cleaned(content: bytes) -> bytes:
    """A JPEG of at most 2,000 pixels a side, upright, without any metadata. Raises `NotAPhoto`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=KINDS) as photo:
                if photo.width * photo.height > MOST_PIXELS[photo.format]:
                    raise NotAPhoto(_LARGE)
                photo.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                upright = ImageOps.exif_transpose(photo).convert("RGB")
    except NotAPhoto:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPhoto(_LARGE) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise NotAPhoto(_HEIC if content[4:12] in _APPLE else "这个文件不是能打开的照片，请传手机拍的照片（JPG、PNG）") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info.clear()  # Pillow would write the comment of a JPEG again
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return out.getvalue()
