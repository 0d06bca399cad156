"""Photos from strangers, decoded and written anew: nothing of the file that was sent is kept, least of all where it was taken."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2000
KINDS = ("JPEG", "PNG", "WEBP")


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
                if photo.width * photo.height > MOST_PIXELS:
                    raise NotAPhoto("照片的像素太大，请用手机重新拍一张再传")
                photo.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than needed
                upright = ImageOps.exif_transpose(photo).convert("RGB")
    except NotAPhoto:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPhoto("这个文件不是能打开的照片，请传手机拍的照片（JPG、PNG）") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return out.getvalue()
