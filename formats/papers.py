"""Papers in Word: a template and plain data become a .docx. A template is code, so it runs in a sandbox.

`python -m formats.papers` is the child process in which templates that people uploaded are filled
in: what eats time or memory there ends only the child.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from jinja2 import ChainableUndefined, StrictUndefined, UndefinedError
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NOTHING = "／"

_FILTERS = ("default", "d", "first", "join", "last", "length", "list", "replace", "round", "trim")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MEMORY, _CPU_SECONDS, _TIMEOUT = 1024**3, 20, 40
_ROOT = Path(__file__).resolve().parents[1]
_BAD = "这个模板不能用"

Context = Mapping[str, Any]


class BadTemplate(Exception):
    """Why a template cannot be used, as a Chinese sentence."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


class _Nothing(ChainableUndefined):
    """A field without a value prints as such, however deep it is asked for."""

    def __str__(self) -> str:
        return NOTHING

    __html__ = __str__


def fill(template: bytes, context: Context, *, is_strict: bool = False) -> bytes:
    """A template filled in with strings, lists and dictionaries; empty values print as “／”.

    With `is_strict` a field that the data does not have is an error. Raises `BadTemplate`.
    """
    from docxtpl import DocxTemplate  # 6 MB with what it needs, held only where papers are made

    paper = DocxTemplate(io.BytesIO(template))
    try:
        paper.render(_clean(context), jinja_env=_sandbox(is_strict), autoescape=True)
        _mend_cells(paper.docx)
        target = io.BytesIO()
        paper.save(target)
    except SecurityError:
        raise BadTemplate(f"{_BAD}：模板里用了不允许的写法（下划线开头的属性等），请只用字段表里的字段") from None
    except UndefinedError as error:
        missing = re.search(r"'([^']*)'$", str(error)) or re.search(r"'([^']*)' is undefined", str(error))
        raise BadTemplate(f"{_BAD}：模板里用了没有的字段“{missing.group(1) if missing else '？'}”，请对照字段表改正") from None
    except TemplateError as error:
        where = "".join(getattr(error, "docx_context", ())).strip()[-60:]
        raise BadTemplate(f"{_BAD}：标记写得不完整或写错了，请检查花括号和 for、if 是否成对" + (f"（在“{where}”附近）" if where else "")) from None
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, SyntaxError):
        raise BadTemplate(f"{_BAD}：有的标记算不出结果，请对照字段表改正") from None
    return target.getvalue()


def fill_apart(template: bytes, context: Context, *, is_strict: bool = False) -> bytes:
    """`fill` in a child process with bounds of time and memory, for templates that are not our own."""
    sent = {"template": base64.b64encode(template).decode(), "context": context, "is_strict": is_strict}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "formats.papers"], input=json.dumps(sent).encode(), capture_output=True, cwd=_ROOT,
            env=kept, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BadTemplate(f"{_BAD}：填写它用的时间太长") from None
    if run.returncode != 0:
        raise BadTemplate(f"{_BAD}：填写它用的时间或内存太多，或者文件已损坏")
    answer = json.loads(run.stdout)
    if "sentence" in answer:
        raise BadTemplate(answer["sentence"])
    return base64.b64decode(answer["content"])


def digest(context: Context) -> str:
    """SHA-256 (hex) of the data of a paper, the same for equal data in any order of keys."""
    return hashlib.sha256(json.dumps(context, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def bundle(target: IO[bytes], files: Iterable[tuple[str, bytes | Path]]) -> None:
    """Write one ZIP of named files in the order given; a name that comes twice gets a number."""
    names: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            unique = _unique(name, names)
            names.add(unique)
            if isinstance(content, Path):
                archive.write(content, unique)
            else:
                archive.writestr(unique, content)


def _unique(name: str, taken: set[str]) -> str:
    stem, suffix = os.path.splitext(name)
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{stem}（{number}）{suffix}"
    return unique


def _sandbox(is_strict: bool) -> ImmutableSandboxedEnvironment:
    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined if is_strict else _Nothing, autoescape=True,
        finalize=lambda value: NOTHING if value is None or value == "" else value,
    )  # fmt: skip
    sandbox.globals.clear()
    sandbox.filters = {name: sandbox.filters[name] for name in _FILTERS} | {"line": _line}
    return sandbox


def _line(value: Any, width: int = 8) -> Any:
    """The value, or a line to write on."""
    is_empty = value is None or isinstance(value, _Nothing) or not str(value).strip()
    return "__" * min(int(width), 40) if is_empty else value


def _clean(value: Any) -> Any:
    """Data without the marks that XML forbids and those that docxtpl would read as paragraph ends."""
    if isinstance(value, str):
        return _UNWANTED.sub("", value.replace("\r\n", "\n"))
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value


def _mend_cells(document) -> None:
    """Word refuses a table cell without a paragraph, which a loop over nothing may leave."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in document.element.body.iter(qn("w:tc")):
        if cell.find(qn("w:p")) is None:
            cell.append(OxmlElement("w:p"))


def _limit() -> None:
    """Bounds of the child, where the system knows them (Linux)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main() -> None:
    _limit()
    given = json.load(sys.stdin)
    try:
        content = fill(base64.b64decode(given["template"]), given["context"], is_strict=given["is_strict"])
        answer = {"content": base64.b64encode(content).decode()}
    except BadTemplate as no:
        answer = {"sentence": no.sentence}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
