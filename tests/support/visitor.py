"""Somebody who uses the console with only what its pages show; every page is inspected."""

from __future__ import annotations

import io
import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin

from flask.testing import FlaskClient

from tests.support import faults

_REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")
_VOID = {"input", "br", "hr", "img", "link", "meta", "path", "circle", "source"}


class Form:
    """A form as a browser would send it."""

    def __init__(self, attributes: dict[str, str], address: str):
        self.method = attributes.get("method", "get").lower()
        self.action = urljoin(address, attributes.get("action") or address)
        self.fields: dict[str, list[str]] = {}
        self.boxes: dict[str, list[str]] = {}
        self.labels: list[str] = []


class Page(HTMLParser):
    """What a page shows: text, links, forms; and what every page owes its reader."""

    def __init__(self, html: str, address: str, status: int, typed: tuple[str, ...] = ()):
        """`typed` are words that people chose themselves, like the code of a role, and may read again."""
        super().__init__(convert_charrefs=True)
        self.typed = sorted(typed, key=len, reverse=True)
        self.address, self.status, self.html = address, status, html
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.ids: Counter = Counter()
        self.headings: list[str] = []
        self.words: list[str] = []
        self.shown: list[tuple[str, str]] = []  # every string a reader meets, with the tag it stands in
        self.controls: list[tuple[dict, bool]] = []  # attributes; does it stand inside its label?
        self.labelled: set[str] = set()
        self.references: list[tuple[str, str]] = []
        self.pressed: list[list[str]] = []  # [a or button, its words]
        self._open: list[tuple[str, dict]] = []
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._textarea: str | None = None
        self._link: tuple[str, list[str]] | None = None
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids[given["id"]] += 1
        self._inspect(tag, given)
        if tag == "form":
            self._form = Form(given, self.address)
            self.forms.append(self._form)
            self._by_id[given.get("id", "")] = self._form
        form = self._by_id.get(given["form"]) if given.get("form") else self._form
        name = given.get("name")
        if form is not None and name:
            self._keep(form, tag, name, given)
        if tag == "button" and form is not None:
            form.labels.append("")
        if tag == "option" and self._select is not None:
            self._select[1].append((given.get("value", ""), "selected" in given))
        if tag == "a" and given.get("href"):
            self._link = (given["href"], [])
        if tag not in _VOID:
            self._open.append((tag, given))

    def _inspect(self, tag: str, given: dict) -> None:
        """Keep what `faults` looks at."""
        said = [given[name] for name in ("aria-label", "placeholder", "title", "alt", "data-confirm") if given.get(name)]
        self.shown += [(words, tag) for words in said]
        if tag in ("input", "select", "textarea"):
            self.controls.append((given, any(open_tag == "label" for open_tag, _ in self._open)))
        if tag == "label":
            self.labelled.add(given.get("for", ""))
        if tag == "button" or (tag == "a" and given.get("href")):
            self.pressed.append([tag, given.get("aria-label", "")])
        for name in _REFERENCES:
            self.references += [(name, wanted) for wanted in given.get(name, "").split()]
        if tag == "a" and given.get("href", "").startswith("#") and len(given["href"]) > 1:
            self.references.append(("a link", given["href"][1:]))

    def _keep(self, form: Form, tag: str, name: str, given: dict) -> None:
        kind = given.get("type", "text")
        if tag == "input" and kind in ("checkbox", "radio"):
            form.boxes.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.fields.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "input" and kind != "file":
            form.fields.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = (name, [])
            self._select_form = form
        elif tag == "textarea":
            self._textarea = name
            form.fields[name] = [""]

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        if tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, is_chosen in options if is_chosen] or [v for v, _ in options[:1]]
            self._select_form.fields.setdefault(name, []).extend(chosen)
            self._select_form.boxes.setdefault(name, []).extend(v for v, _ in options)
            self._select = None
        if tag == "textarea":
            self._textarea = None
        if tag == "a" and self._link is not None:
            self.links.append((re.sub(r"\s+", " ", "".join(self._link[1])).strip(), self._link[0]))
            self._link = None
        if tag in [open_tag for open_tag, _ in self._open]:
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        if self._textarea and self._form:
            self._form.fields[self._textarea][0] += data.removeprefix("\n")
            return
        if self._link is not None:
            self._link[1].append(data)
        if tags and tags[-1] in ("script", "style"):
            return
        if data.strip() and self._textarea is None:
            self.shown.append((data.strip(), tags[-1] if tags else ""))
        if self.pressed and self.pressed[-1][0] in tags:
            self.pressed[-1][1] += data
        if "h1" in tags:
            self.headings.append(data.strip())
        if "button" in tags and self._form is not None and self._form.labels:
            self._form.labels[-1] += data.strip()
        if data.strip():
            self.words.append(data.strip())

    def faults(self) -> list[str]:
        """What this page owes and lacks."""
        return faults.of(self)


class Visitor:
    """A person with a browser that runs no script."""

    def __init__(self, client: FlaskClient, typed: tuple[str, ...] = ()):
        self.client, self.typed = client, typed
        self.page: Page | None = None

    def open(self, address: str) -> Page:
        return self._take(self.client.get(address), address)

    def _take(self, answer, address: str) -> Page:
        for _ in range(5):
            if answer.status_code not in (301, 302, 303):
                break
            address = urljoin(address, answer.headers["Location"])
            answer = self.client.get(address)
        if answer.mimetype != "text/html":
            raise AssertionError(f"{address} is {answer.mimetype}")
        self.page = Page(answer.text, address, answer.status_code, self.typed)
        assert self.page.faults() == [], (address, self.page.faults())
        return self.page

    def follow(self, label: str) -> Page:
        """Follow the first link that says `label`, else the first whose words contain it."""
        found = [href for words, href in self.page.links if label == words]
        found += [href for words, href in self.page.links if label in words]
        assert found, f"no link “{label}” on {self.page.address}: {[w for w, _ in self.page.links]}"
        return self.open(urljoin(self.page.address, found[0]))

    def form(self, label: str) -> Form:
        """The form with a button that says `label`."""
        found = [f for f in self.page.forms if any(label in words for words in f.labels)]
        assert found, f"no button “{label}” on {self.page.address}: {[f.labels for f in self.page.forms]}"
        return found[0]

    def send(self, label: str, /, **answers) -> Page:
        """Fill in and send the form with the button `label`; what is not named stays as shown."""
        form = self.form(label)
        data = self._filled(form, answers)
        if form.method == "get":
            return self._take(self.client.get(form.action, query_string=data), form.action)
        is_file = any(isinstance(value, tuple) for values in data.values() for value in values)
        kind = {"content_type": "multipart/form-data"} if is_file else {}
        return self._take(self.client.post(form.action, data=data, **kind), form.action)

    def download(self, label: str, **answers) -> tuple[io.BytesIO, str]:
        """Send a form that answers with a file; gives the bytes and the file's name."""
        form = self.form(label)
        answer = self.client.post(form.action, data=self._filled(form, answers))
        assert answer.status_code == 200, answer.text[:500]
        name = unquote(answer.headers["Content-Disposition"].split("filename*=UTF-8''")[1])
        return io.BytesIO(answer.data), name

    def _filled(self, form: Form, answers: dict) -> dict:
        data = {name: list(values) for name, values in form.fields.items()}
        for name, value in answers.items():
            values = value if isinstance(value, list) else [value]
            offered = form.boxes.get(name)
            if offered is not None:
                assert all(v in offered for v in values), f"{name} offers {offered}, not {values}"
            else:
                is_file = any(isinstance(v, tuple) for v in values)
                assert name in data or is_file, f"no field {name}: {sorted(data)}"
            data[name] = values
        return data

    def look_up(self, field: str, words: str) -> str:
        """The id behind the first offer of a look-up box, as the page's script would fetch it."""
        urls = [u.replace("&amp;", "&") for u in re.findall(r'data-combo[^>]* data-url="([^"]+)"', self.page.html)]
        url = next(u for u in urls if f"field={field}" in u)
        results = self.client.get(f"{url}&query={quote(words)}").json["results"]
        assert results, f"nothing found for {words}"
        return results[0]["id"]
