"""Plates and stickers as print pages: HTML with one style sheet, cut along crop marks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from . import qr

SIZES = {"a4": "A4整张", "a5": "A5（每张A4印两块）", "sticker": "不干胶小标签（每张A4印八枚）"}
_A_SHEET = {"a4": 1, "a5": 2, "sticker": 8}
_ROOT = Path(__file__).resolve().parent.parent
_pages = Environment(loader=FileSystemLoader(_ROOT / "templates" / "plates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
STYLES = _ROOT / "static" / "plates.css"


@dataclass(frozen=True)
class Place:
    """Where to come to: name, address, hours, telephone."""

    name: str
    address: str
    hours: str
    phone: str


@dataclass(frozen=True)
class Face:
    """What one plate says. Empty strings are left out; a chief who did not agree has neither name nor phone."""

    plate_no: str
    place: str
    subdistrict: str
    chief_name: str
    chief_phone: str
    household_count: int
    station: Place | None
    centre: Place | None
    calls: tuple[tuple[str, str, str], ...]
    """Name, telephone, hours."""
    address: str
    """What the QR code says: the full address of the page of this place."""
    edition: int = 0

    @property
    def digest(self) -> str:
        """Of what makes a plate wrong once it changes; the households served change weekly and do not."""
        said = (
            self.plate_no, self.place, self.subdistrict, self.chief_name, self.chief_phone, self.station, self.centre, self.calls,
            self.address.rsplit("/", 1)[-1],
        )  # fmt: skip
        return hashlib.sha256(repr(said).encode()).hexdigest()

    @property
    def picture(self) -> Markup:
        return Markup(qr.svg(self.address, f"{self.place}诉求码"))


def sheets(faces: Iterable[Face], size: str) -> Iterator[Markup]:
    """The sheets of paper of some plates, one after another, so that thousands need no memory."""
    template = _pages.get_template("sheet.html")
    waiting, count = iter(faces), _A_SHEET[size]
    while some := list(islice(waiting, count)):
        yield Markup(template.render(faces=some, size=size))


def whole_sheet(face: Face, size: str) -> Iterator[Markup]:
    """One sheet full of the same plate: a spare one, or a sticker for every floor."""
    return sheets([face] * _A_SHEET[size], size)


def document(title: str, faces: Iterable[Face], size: str) -> Iterator[str]:
    """A whole HTML file in pieces; `plates.css` lies beside it."""
    yield _pages.get_template("head.html").render(title=title, size=size)
    yield from sheets(faces, size)
    yield "</body>\n</html>\n"


def of_codes(codes: Sequence[tuple[str, str]], subdistrict: str) -> list[Face]:
    """Faces for stickers of codes that belong to no plate: (place, address of the page)."""
    return [Face("", place, subdistrict, "", "", 0, None, None, (), address) for place, address in codes]
