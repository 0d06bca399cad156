"""QR codes as SVG: one path, no style, sharp at any size."""

from __future__ import annotations

import io

import segno


def svg(text: str, label: str, is_quick: bool = False) -> str:
    """An inline SVG element for a text, readable with a quarter of it dirty (level Q).

    A quick one is for a screen: level M, and one mask without trying all eight, which takes a fifth of the time.

    Black on whatever lies behind it, which the style sheet makes white. `label` is read aloud instead of the picture.
    """
    code = segno.make(text, error="m", micro=False, mask=2) if is_quick else segno.make(text, error="q", micro=False)
    out = io.BytesIO()
    code.save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", svgclass="qr",
        lineclass=None, title=label,
    )  # fmt: skip
    return out.getvalue().decode()
