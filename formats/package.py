"""What an uploaded file is, told from its own bytes before anything in it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

MOST_BYTES = 160 * 1024 * 1024
SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后重新上传"
DAMAGED = f"这个文件读不出来，可能已损坏或经过特殊处理。{SAVE_AS}"
TOO_BIG = "表格太大。每次最多导入104万行，请删去不需要的工作表和图片，或分成几个文件上传"

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MARKS = ",\t;，"

_MOST_PARTS = 2000
_MOST_UNPACKED = 2 * 1024**3
_MOST_RATIO = 200
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


class Unreadable(Exception):
    """The file is not a sheet that can be read; `sentence` says what to do about it."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


def examined(path: Path, file_name: str) -> str:
    """The kind of a file: xlsx, ods, xls or csv, whatever its name says; raises `Unreadable`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8192)
    if not head.strip():
        raise Unreadable("这个文件是空的，请确认填好并保存后再上传")
    if size > MOST_BYTES:
        raise Unreadable(f"文件超过{MOST_BYTES // 1024**2}MB。{TOO_BIG}")
    if head.startswith(b"PK\x03\x04"):
        return _package_kind(path, size)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise Unreadable("这个文件设了打开密码。请在 Excel 或 WPS 中去掉密码，保存后重新上传")
        return "xls"
    if head.startswith(UTF_16):
        return "csv"
    if head.lstrip()[:1] == b"<" or b"\0" in head or head.startswith(b"%PDF"):
        raise Unreadable(f"这不是 Excel 文件。{SAVE_AS}")
    if Path(file_name).suffix.lower() in (".csv", ".txt") or _is_table(head):
        return "csv"
    raise Unreadable(f"这不是 Excel 文件。{SAVE_AS}")


def _is_table(head: bytes) -> bool:
    """Whether these bytes are lines of text with marks between the columns: many systems save such a file as .xls."""
    whole = head.rpartition(b"\n")[0] or head
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            lines = whole.decode(encoding).splitlines()
        except UnicodeDecodeError:
            continue
        return any(mark in lines[0] for mark in MARKS) and all(part.isprintable() for line in lines for part in line.split("\t"))
    return False


def _package_kind(path: Path, size: int) -> str:
    """Refuse by the table of contents alone what no honest workbook has."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            _check(parts, names, size)
            if "xl/workbook.xml" in names and "[Content_Types].xml" in names:
                return "xlsx"
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200 and archive.read("mimetype") == _ODS:
                return "ods"
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise Unreadable(DAMAGED) from None
    raise Unreadable(f"这不是 .xlsx 工作簿。{SAVE_AS}")


def _check(parts: list[zipfile.ZipInfo], names: set[str], size: int) -> None:
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    if any(path.is_absolute() or ".." in path.parts for path in paths) or len(names) < len(parts):
        raise Unreadable(DAMAGED)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("这个文件设了密码。请去掉密码，保存后重新上传")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * size:
        raise Unreadable(TOO_BIG)
