"""What every page owes its reader, whoever it is; `Page.faults` asks for all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.codes import Code

# Latin words that stand on Chinese screens; anything else is a raw code or an untranslated sentence.
KNOWN = set("Excel WPS Word LibreOffice PDF CSV Ctrl Enter Esc Shift xlsx xls docx csv pdf jpg jpeg png txt KB MB IP".split())
_FOREIGN = ("jquery", "select2", "moment.", "daterangepicker", "x-editable", "bootstrap")
_LATIN = re.compile(r"[A-Za-z][A-Za-z_:.]*[A-Za-z]")
_ID = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b")
_MICROSECONDS = re.compile(r"\d{2}:\d{2}\.\d+|\dT\d{2}:\d{2}")
_KEY = re.compile(r"\b[a-z_]+:[0-9a-z.]+")
# Stored values like `D`, which are too short for the rule above.
_ONE_LETTER = {m.value for kind in Code.__subclasses__() for m in kind if len(str(m.value)) == 1}
_NO_LABEL_NEEDED = ("hidden", "submit", "button", "image")


def of_frame(page) -> Iterator[str]:
    """Title, heading, language, ids, forms."""
    if not re.search(r"<title>[^<]+</title>", page.html):
        yield "no title"
    if '<html lang="zh-CN">' not in page.html:
        yield "no language"
    if page.html.count("<h1") != 1:
        yield f"{page.html.count('<h1')} h1"
    for name, count in page.ids.items():
        if count > 1:
            yield f"id {name} twice"
    for form in page.forms:
        if form.method == "post" and "csrf_token" not in form.fields:
            yield f"form to {form.action} without token"


def of_files(page) -> Iterator[str]:
    """Own files only, each with its hash in the address."""
    for address in re.findall(r'<(?:link|script)[^>]+(?:href|src)="([^"]+)"', page.html):
        if not re.fullmatch(r"/static/(js/)?[a-z_]+\.(js|css|svg|webmanifest)\?v=[0-9a-f]{12}", address):
            yield f"loads {address}"
    yield from (f"loads {name}" for name in _FOREIGN if name in page.html.lower())


def of_words(page) -> Iterator[str]:
    """Nothing but Chinese, numbers and what people typed."""
    for words, tag in page.shown:
        for typed in page.typed:
            words = words.replace(typed, "")
        strange = [w for w in _LATIN.findall(words) if w not in KNOWN]
        if tag not in ("kbd", "code") and (strange or (words in _ONE_LETTER and tag != "th")):
            yield f"“{' '.join(strange) or words}” in “{words[:60]}”"
        for rule, what in ((_ID, "an id"), (_MICROSECONDS, "a raw time"), (_KEY, "a key")):
            if rule.search(words):
                yield f"{what}: “{words[:60]}”"


def of_controls(page) -> Iterator[str]:
    """Every input says what it is for, every button and link has words, every reference has its element."""
    for given, is_inside_label in page.controls:
        named = given.get("aria-label") or given.get("aria-labelledby") or given.get("id") in page.labelled
        if given.get("type") not in _NO_LABEL_NEEDED and not (named or is_inside_label):
            yield f"{given.get('name') or given.get('id')} has no label"
        if given.get("value") == "None":
            yield f"{given.get('name')} holds None"
    for kind, words in page.pressed:
        if not words.strip():
            yield f"a {kind} without words"
    for attribute, name in page.references:
        if name not in page.ids:
            yield f"{attribute} points to {name}, which is not there"


def of(page) -> list[str]:
    """All that a page owes and lacks."""
    return list(dict.fromkeys([*of_frame(page), *of_files(page), *of_words(page), *of_controls(page)]))
