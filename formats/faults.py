"""What a spreadsheet reader does not say: error cells, formulas without a result, hidden rows, marks of our own."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from .package import DAMAGED, SAVE_AS, Unreadable

MOMENT = "导出时间"  # a document property: the instant an export was made, ISO 8601
_CHUNK = 1 << 22
_MOST_SMALL = 32 * 1024 * 1024

_FAULT = re.compile(
    rb'<(?:\w+:)?c\s(?P<error>[^<>]*\bt="e"[^<>]*)>.*?</(?:\w+:)?c>'
    rb"|<(?:\w+:)?c\s(?P<empty>[^<>]*)>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>",
    re.DOTALL,
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^<>]*\br="(\d+)"[^<>]*\bhidden="(?:1|true)"')


def faults(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, int | None, str]]:
    """(row, column from 0, what it is) of cells that are silently read as empty; (row, None, "") of hidden rows."""
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            whole, mark, rest = (rest + chunk).rpartition(b"</row>")
            whole += mark
            if b"<!DOCTYPE" in whole:
                raise Unreadable(DAMAGED)
            if b"hidden=" in whole:
                for found in _HIDDEN.finditer(whole):
                    yield int(found[1]), None, ""
            if b't="e"' in whole or b"<f" in whole or b":f" in whole:
                yield from _cells(whole)


def _cells(xml: bytes) -> Iterator[tuple[int, int, str]]:
    for found in _FAULT.finditer(xml):
        address = re.search(rb'\br="([A-Z]{1,3})(\d+)"', found["error"] or found["empty"])
        if address is None:
            raise Unreadable(f"表里有算不出结果的公式。请改正，{SAVE_AS}")
        word = re.search(r"#[\w/?!]+", found[0].decode("utf-8", "replace"))
        letters, row = address[1].decode(), int(address[2])
        yield row, column_number(letters), f"错误值{word[0] if word else ''}" if found["error"] else "没有结果的公式"


def column_number(letters: str) -> int:
    """A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(column: int) -> str:
    """0 is A, 26 is AA."""
    found = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        found, column = chr(65 + rest) + found, column - 1
    return found


def part_of(archive: zipfile.ZipFile, sheet_name: str) -> str:
    """The path of the part a sheet is stored in."""
    targets = {
        link.get("Id"): link.get("Target")
        for link in _parsed(archive, "xl/_rels/workbook.xml.rels").findall("{*}Relationship")
    }
    for sheet in _parsed(archive, "xl/workbook.xml").findall(".//{*}sheet"):
        if sheet.get("name") == sheet_name:
            target = next(targets[value] for key, value in sheet.items() if key.endswith("}id"))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise Unreadable(DAMAGED)


def date_system(archive: zipfile.ZipFile) -> bool:
    """True when days are counted from 1904, as old Excel for Macintosh did."""
    properties = _parsed(archive, "xl/workbook.xml").find("{*}workbookPr")
    return properties is not None and properties.get("date1904") in ("1", "true")


def has_mask_property(archive: zipfile.ZipFile, mark: tuple[str, str]) -> bool:
    return _properties(archive).get(mark[0]) == mark[1]


def moment_property(archive: zipfile.ZipFile) -> str | None:
    """When this console made the file, if it did."""
    return _properties(archive).get(MOMENT)


def _properties(archive: zipfile.ZipFile) -> dict[str, str]:
    if "docProps/custom.xml" not in archive.namelist():
        return {}
    return {p.get("name", ""): "".join(p.itertext()) for p in _parsed(archive, "docProps/custom.xml")}


def _parsed(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    if archive.getinfo(part).file_size > _MOST_SMALL:
        raise Unreadable(DAMAGED)
    content = archive.read(part)
    if b"<!DOCTYPE" in content:
        raise Unreadable(DAMAGED)
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise Unreadable(DAMAGED) from None
