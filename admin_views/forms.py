"""Forms made from descriptions: one box class, whose reading and writing depend on the datum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Field, Form
from wtforms.validators import StopValidation

from models import Described
from models.area import Area
from models.codes import Code
from models.fields import Description
from models.kinds import LONG, SHORT, Kind, plain
from services.keeping import custom
from services.lists import lookups
from services.access import Actor, permission_labels
from services.errors import Refused
from services.flow import Step
from services.labels import choices_of, dictionary_choices, dictionary_names

from services.showing import LOCAL, is_clear, text


class Box(Field):
    """One input: `read` turns what was typed into a value (ValueError carries the sentence).

    A value shown shorter than it is (masked, or an instant by the minute) is kept as it is when it
    comes back unchanged. `is_typed` says that the value is no text, so text out of an address is read.
    """

    widget_name = "text"

    def __init__(
        self, label: str = "", *, read: Callable[[str], Any] = str, write: Callable[[Any], str] = text,
        widget: str = "text", needed: bool = False, help: str = "", mask: Callable[[str], str] | None = None,
        choices: Sequence[tuple[str, str]] = (), lookup_url: str = "", label_for: Callable | None = None,
        groups: dict | None = None, autocomplete: str = "", empty: str = "（不填）", is_typed: bool = False, is_area: bool = False, **kwargs,
    ):  # fmt: skip
        super().__init__(label, description=help, **kwargs)
        self.read, self.write, self.widget_name, self.is_needed = read, write, widget, needed
        self.mask, self.choices, self.lookup_url, self.groups = mask, choices, lookup_url, groups
        self.label_for, self.autocomplete, self.empty = label_for, autocomplete, empty
        self.is_typed, self.is_area = is_typed, is_area
        self.typed: str | None = None
        self.words = ""
        self.is_compared = False
        self.flags.required = needed

    def process_data(self, value):
        self.data = value
        if self.is_typed and isinstance(value, str):
            self.data = None
            with suppress(ValueError):  # an address may say anything; nonsense is left out
                self.data = self.read(value)

    def process(self, formdata, *args, **kwargs):
        # A look-up sends what was typed beside the id of the row taken from the list.
        if formdata is not None and self.widget_name == "lookup":
            self.words = (formdata.get(f"{self.name}__text") or "").strip()
        super().process(formdata, *args, **kwargs)

    def process_formdata(self, valuelist):
        if self.widget_name == "permissions":
            known = {value for group in self.groups.values() for value in group}
            chosen = set(valuelist) & known
            if chosen != known & set(self.data or ()):
                self.data = sorted(chosen)
            return
        self.typed = raw = valuelist[0] if valuelist else ""
        if self._is_untouched(raw):
            return
        self.data = self.read(raw) if raw.strip() else None

    def keep(self, stored: Any) -> None:
        """A reference the row has already is no new choice: it may lie out of the editor's sight."""
        if self.widget_name == "lookup" and stored and self.typed == stored:
            self.data, self.process_errors = stored, []

    def _is_untouched(self, raw: str) -> bool:
        if self.data is None or not (self.mask or self.is_typed):
            return False
        sent = raw.strip().replace("T", " ") if self.widget_name == "datetime" else raw.strip()
        return sent == self._words(self.data)

    @property
    def is_given(self) -> bool:
        """A good value was typed here in full; a mask that came back is none."""
        if self.typed is None or self.process_errors or self.data in (None, ""):
            return False
        return not (self.mask and self.typed.strip() == self.mask(self.data))

    def settle(self) -> None:
        """After a conflict a mask that was sent is no answer: the box shows what lies there now."""
        if self.mask and "*" in (self.typed or ""):
            self.typed, self.process_errors = None, []

    def pre_validate(self, form):
        if self.process_errors:
            raise StopValidation()
        if self.data is None and self.words:
            raise StopValidation(f"请从下拉结果中点选“{self.words[:20]}”；没有出现就换个说法再找")
        if self.is_needed and (self.data is None or self.data == ""):
            raise StopValidation(f"请填写{self.label.text}")

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else self._words(self.data)

    def _words(self, value: Any) -> str:
        return self.mask(value) if self.mask else self.write(value)

    @property
    def display(self) -> str:
        """The words for a look-up's current id."""
        if not self.label_for:
            return ""
        return self.label_for(self._value()) if self._value() else self.words


class ItemBox(Box):
    """A choice from a dictionary; an item switched off since stays chosen where it is stored."""

    def __init__(self, label: str, *, choices: Sequence[tuple[str, str]], names: dict[str, str], **options):
        super().__init__(label, widget="choice", choices=choices, read=self._known, write=str, **options)
        self.names = names

    def process_data(self, value):
        super().process_data(value)
        if value in self.names and value not in dict(self.choices):
            self.choices = [*self.choices, (value, f"{self.names[value]}（已停用）")]

    def _known(self, raw: str) -> str:
        if raw not in dict(self.choices):
            raise ValueError("没有这个选项，请重新选择")
        return raw


def _integer(label: str, low, high):
    return lambda raw: _within(label, _parse(int, raw, "请填整数"), low, high)


def _decimal(label: str, low, high):
    return lambda raw: _within(label, _parse(Decimal, raw, "请填数字，例如 1200.50"), low, high)


def _parse(kind, raw: str, sentence: str):
    try:
        value = kind(plain(raw).replace(",", ""))
        if isinstance(value, Decimal) and not value.is_finite():
            raise ValueError
        return value
    except (ValueError, InvalidOperation):
        raise ValueError(sentence) from None


def _within(label: str, value, low, high):
    if low is not None and value < low:
        raise ValueError(f"{label}不能小于{low:g}")
    if high is not None and value > high:
        raise ValueError(f"{label}不能大于{high:g}")
    if abs(value) >= (10**9 if isinstance(value, int) else 10**12):  # what every database can hold
        raise ValueError(f"{label}的数字太大，请核对")
    return value


def _day(raw: str) -> date:
    try:
        day = date.fromisoformat(plain(raw))
    except ValueError:
        raise ValueError("请填日期，例如 2026-01-31") from None
    if not 1900 <= day.year <= 2200:
        raise ValueError("年份不对，请核对日期")
    return day


def _instant(raw: str) -> datetime:
    try:
        instant = datetime.fromisoformat(raw.strip()).replace(tzinfo=LOCAL)
    except ValueError:
        raise ValueError("请填日期和时间，例如 2026-01-31 09:30") from None
    if not 1900 <= instant.year <= 2200:
        raise ValueError("年份不对，请核对日期")
    return instant


def _member(code: type[Code]):
    def read(raw: str) -> Code:
        try:
            return code(raw)
        except ValueError:
            raise ValueError("没有这个选项，请重新选择") from None

    return read


YES_OR_NO = (("yes", "是"), ("no", "否"))


def _yes_or_no(raw: str) -> bool:
    if raw not in ("yes", "no"):
        raise ValueError("请选 是 或 否")
    return raw == "yes"


def _words(kind: Kind, length: int | None):
    def read(raw: str) -> str | None:
        value = kind.normalise(raw)
        if length and len(value) > length:
            raise ValueError(f"最多{length}个字，现在{len(value)}个")
        sentence = kind.check(value) if value else None
        if sentence:
            raise ValueError(sentence)
        return value or None

    return read


@dataclass(frozen=True)
class Asker:
    """What forms need of their surroundings: session, actor, and where look-ups are answered.

    `few` are the only rows of an entity that the form's record can mean, to be chosen from a list.
    """

    session: Any
    actor: Actor
    lookup_url: Callable[[str], str]
    few: Mapping[type[Described], Sequence[Described]] = field(default_factory=dict)

    def reference(self, name: str, label: str, target: type[Described], only=(), **options) -> Box:
        if target in self.few:
            return self.one_of(label, self.few[target], **options)

        def read(raw: str) -> str:
            try:
                return lookups.checked(self.session, label, target, raw.strip(), only).id
            except Refused as no:
                raise ValueError(no.sentence) from None

        return Box(
            label, widget="lookup", read=read, write=str, lookup_url=self.lookup_url(name),
            label_for=lambda key: lookups.label(self.session, target, key, self.actor), is_area=target is Area, **options,
        )  # fmt: skip

    def typed(self, name: str, label: str, type_: type, *, low=None, high=None, **options) -> Box:
        """A box for a plain type: bool, int, Decimal, date, datetime or a code list."""
        options["is_typed"] = True
        if isinstance(type_, type) and issubclass(type_, Code):
            choices = [(member.value, member.label) for member in type_]
            return Box(label, widget="choice", choices=choices, read=_member(type_), write=lambda m: m.value, **options)
        if type_ is bool:
            return Box(label, widget="choice", choices=YES_OR_NO, read=_yes_or_no, write=lambda v: "yes" if v else "no", **options)
        if type_ is int:
            return Box(label, widget="number", read=_integer(label, low, high), **options)
        if type_ is Decimal:
            return Box(label, widget="number", read=_decimal(label, low, high), write=str, **options)
        if type_ is date:
            return Box(label, widget="date", read=_day, **options)
        if type_ is datetime:
            return Box(label, widget="datetime", read=_instant, **options)
        raise TypeError(f"no box for {type_!r} of {name}")

    def one_of(self, label: str, rows: Sequence[Described], **options) -> Box:
        """A box for one of a few rows, by id."""
        choices = [(row.id, lookups.label_of(row, self.actor)) for row in rows]

        def read(raw: str) -> str:
            if raw not in dict(choices):
                raise ValueError("没有这个选项，请重新选择")
            return raw

        return Box(label, widget="choice", choices=choices, read=read, write=str, **options)

    def item(self, label: str, dictionary: str, choices: Sequence[tuple[str, str]], **options) -> Box:
        """A box for one of these items of a dictionary."""
        prefix, names = f"{dictionary}:", dictionary_names(self.session)
        own = {key: name for key, name in names.items() if key.startswith(prefix)}
        return ItemBox(label, choices=choices, names=own, **options)

    def box(self, description: Description) -> Box:
        """The box of one described attribute."""
        d = description
        is_yes_or_no = d.type is bool and not d.column.nullable
        options = {"needed": d.is_required or is_yes_or_no, "help": d.field.help}
        if d.target:
            return self.reference(d.name, d.label, d.target, d.field.only, **options)
        if d.field.dictionary:
            return self.item(d.label, d.field.dictionary, choices_of(self.session, d), **options)
        if d.name == "permissions":
            return Box(d.label, widget="permissions", groups=permission_labels(), write=str, help=d.field.help)
        if d.type is not str:
            return self.typed(d.name, d.label, d.code or d.type, low=d.field.low, high=d.field.high, **options)
        kind = d.kind or SHORT
        is_hidden = d.is_personal and not is_clear(d, self.actor)
        return Box(
            d.label, widget="long" if kind.is_long else "text", read=_words(kind, d.length), write=str,
            mask=kind.mask if is_hidden else None, **options,
        )  # fmt: skip


def form_descriptions(described: dict[str, Description]) -> list[Description]:
    """The attributes a person fills in."""
    return [d for d in described.values() if not d.field.is_fixed and not d.field.is_hidden]


def entity_form(entity: type[Described], asker: Asker, leave_out: Sequence[str] = ()) -> type[Form]:
    """A form class for an entity; fields are named like its attributes."""
    described = custom.described(asker.session, entity)
    wanted = [d for d in form_descriptions(described) if d.name not in leave_out]
    return type(f"{entity.__name__}Form", (Form,), {d.name: asker.box(d) for d in wanted})


def step_form(step: Step, asker: Asker, subject: Described | None = None) -> type[Form]:
    """A form class for what a step asks about a subject."""
    boxes = {}
    for ask in step.asks_of(subject):
        options = {"needed": ask.is_required, "help": ask.help}
        if ask.among is not None:
            rows = ask.among(asker.session, subject) if subject is not None else ()
            box = asker.one_of(ask.label, rows, empty=ask.empty, **options)
        elif issubclass(ask.type, Described):
            box = asker.reference(ask.name, ask.label, ask.type, **options)
        elif ask.dictionary:
            box = asker.item(ask.label, ask.dictionary, dictionary_choices(asker.session, ask.dictionary), **options)
        elif ask.type is str:
            box = Box(
                ask.label, widget="long" if ask.is_long else "text",
                read=_words(LONG if ask.is_long else SHORT, None if ask.is_long else 200), **options,
            )  # fmt: skip
        else:
            box = asker.typed(ask.name, ask.label, ask.type, **options)
        boxes[ask.name] = box
    return type(f"{step.verb.title()}Form", (Form,), {n: b for n, b in boxes.items()})


def step_data(step: Step, subject: Described) -> dict:
    """What a step's form begins with."""
    return {ask.name: getattr(subject, ask.name) for ask in step.asks_of(subject) if ask.is_prefilled}


def sections(form: Form, descriptions: Sequence[Description], label: str) -> list[dict]:
    """Fields grouped as their descriptions say, in declared order."""
    found: dict[str, list] = {}
    for description in descriptions:
        if description.name in form:
            found.setdefault(description.field.section or label, []).append(form[description.name])
    return [{"title": title, "fields": fields} for title, fields in found.items()]


def fill(row: Described, form: Form, descriptions: Sequence[Description]) -> None:
    """Write a valid form into a row; what was not asked stays as it was."""
    for description in descriptions:
        if description.name not in form:
            continue
        value = form[description.name].data
        if description.get(row) != value:
            description.put(row, value)


def show_errors(form: Form, refused: Refused) -> list[str]:
    """Put a service's refusals on the fields they name; returns sentences without a field."""
    loose = []
    for name, sentence in refused.errors.items():
        if name in form:
            form[name].errors = [*form[name].errors, sentence]
        else:
            loose.append(sentence)
    if not refused.errors or loose or refused.sentence not in refused.errors.values():
        loose.insert(0, refused.sentence)
    return loose
