"""What an uploaded Word template must not carry, seen before it is opened as a document."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

from .papers import BadTemplate

MOST_BYTES = 4 * 1024 * 1024
_MOST_PARTS, _MOST_UNPACKED, _MOST_RATIO = 500, 40 * 1024 * 1024, 200
_AGAIN = "请用 Word 或 WPS 另存为“Word 文档（.docx）”后重新上传"
_HOSTILE_PARTS = re.compile(r"vbaProject|vbaData|/embeddings/|/activeX/|afchunk|\.bin$", re.IGNORECASE)
_FIELDS = re.compile(rb"INCLUDETEXT|INCLUDEPICTURE|\bDDE(AUTO)?\b|\bIMPORT\b", re.IGNORECASE)
_OUTSIDE = re.compile(rb"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)


def check_package(content: bytes) -> None:
    """Refuse what no honest template has: other formats, bombs, macros, embedded objects, links to the outside.

    Raises `BadTemplate` with a sentence that says what to do.
    """
    if not content:
        raise BadTemplate("请先选择模板文件")
    if len(content) > MOST_BYTES:
        raise BadTemplate(f"模板超过{MOST_BYTES // 1024**2}兆，请删去大图片后再传")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_contents(archive, len(content))
            for part in archive.infolist():
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive.read(part))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError):
        raise BadTemplate(f"这不是 Word 文档，或文件已损坏。{_AGAIN}") from None


def _check_contents(archive: zipfile.ZipFile, size: int) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if "word/document.xml" not in names or "[Content_Types].xml" not in names:
        raise BadTemplate(f"这不是 .docx 文档。{_AGAIN}")
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    if any(path.is_absolute() or ".." in path.parts for path in paths) or len(set(names)) < len(names):
        raise BadTemplate(f"这个文件的结构不正常。{_AGAIN}")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * size:
        raise BadTemplate("这个文件展开后太大，不能作为模板")
    if any(_HOSTILE_PARTS.search(name) for name in names) or b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise BadTemplate("模板里有宏或嵌入的对象，请删去后另存为 .docx 再上传")


def _check_part(content: bytes) -> None:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadTemplate(f"这个文件的结构不正常。{_AGAIN}")
    if any(b"/hyperlink" not in link for link in _OUTSIDE.findall(content)) or _FIELDS.search(content):
        raise BadTemplate("模板引用了外部的文件、图片或数据，请改为直接放进文档后再上传")
