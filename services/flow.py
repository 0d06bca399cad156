"""A workflow is a table of steps; `take` is the only writer of `status`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Described
from models.codes import Code

from .access import Actor, Permission
from .errors import Conflict, Refused


@dataclass(frozen=True)
class Ask:
    """One question of a step: how it is asked on the form, and whether it must be answered.

    `type` is str, bool, date, int, a `Code` class, or an entity (answered by a row). With
    `is_prefilled` the form begins with what the subject says already; `dictionary` names the list
    of which the answer is an item's key; `among(session, subject)` gives the few rows to choose from.
    `only(subject)` says for which subjects the question is put at all, `empty` what choosing none of a few means.
    """

    name: str
    label: str
    type: type = str
    is_required: bool = True
    is_long: bool = False
    help: str = ""
    is_prefilled: bool = False
    dictionary: str = ""
    among: Callable[[Session, Any], Sequence[Any]] | None = None
    only: Callable[[Any], bool] | None = None
    empty: str = "（不填）"


Guard = Callable[..., str | None]
Effect = Callable[..., None]


@dataclass(frozen=True)
class Depends:
    """Where a step leads depends: `pick(session, subject)`, or the answers, name one of `states`.

    With `or_stays` it may also be None: the status stays.
    """

    states: frozenset[Code]
    words: str
    pick: Callable[[Session, Any], Code] | None = None
    by_answer: Callable[[dict], Code | None] | None = None
    or_stays: bool = False

    def of(self, session: Session, subject: Any, answers: dict) -> Code | None:
        return self.by_answer(answers) if self.by_answer else self.pick(session, subject)


@dataclass(frozen=True)
class Step:
    """One row of the table: verb, label, states it starts from, state it leads to, who, what.

    `target` is None for a step that leaves the status as it is. `only(subject)` says whether the step
    is meant for such a subject at all; its docstring says for which. `guards` return the Chinese reason
    why not, or None; `effects` write the facts. Both are called with (session, subject, actor, now, answers).
    `first` makes what the effects refer to (another record) before the status is written. `taken_back_by`
    is the verb with which whoever took the step takes it back, so that a step taken for many rows can be undone.
    """

    verb: str
    label: str
    sources: frozenset[Code] | set[Code]
    target: Code | Depends | None
    by: Permission
    asks: Sequence[Ask] = ()
    guards: Sequence[Guard] = ()
    effects: Sequence[Effect] = ()
    first: Sequence[Effect] = ()
    then: Sequence[Effect] = ()
    hint: str = ""
    only: Callable[[Any], bool] | None = None
    taken_back_by: str = ""

    def fits(self, subject: Any) -> bool:
        """Whether the step can be taken now, whoever asks."""
        return subject.status in self.sources and (self.only is None or self.only(subject))

    def asks_of(self, subject: Any) -> list[Ask]:
        """The questions that are put about this subject; all of them where none is named."""
        return [ask for ask in self.asks if ask.only is None or subject is None or ask.only(subject)]

    def targets(self, source: Code) -> frozenset[Code]:
        """The states it may lead to from one state."""
        match self.target:
            case None:
                return frozenset({source})
            case Depends():
                return self.target.states | (frozenset({source}) if self.target.or_stays else frozenset())
            case _:
                return frozenset({self.target})


@dataclass
class Flow:
    """The steps of one kind of subject. `record` writes the event of a step taken.

    `begins` is the state a subject starts in (else the first), `ends` those nothing need lead out of.
    """

    name: str
    states: type[Code]
    steps: Sequence[Step]
    record: Callable[..., None]
    title: str = ""
    begins: Code | None = None
    ends: frozenset[Code] = frozenset()
    by_verb: dict[str, Step] = field(init=False)

    def __post_init__(self):
        self.by_verb = {step.verb: step for step in self.steps}
        if len(self.by_verb) != len(self.steps):
            raise ValueError(f"flow {self.name}: a verb appears twice")
        self.begins = self.begins or next(iter(self.states))

    def open_to(self, subject: Described, actor: Actor) -> list[Step]:
        """The steps this person can take now: they become the buttons."""
        return [s for s in self.steps if actor.may(s.by) and s.fits(subject)]

    def take(
        self, session: Session, verb: str, subject: Described, actor: Actor, now: datetime, /, **answers: Any
    ) -> None:
        """Permission, state, answers, guards, then facts, status and event; or `Refused`.

        The update carries the version the subject was read with, so of two people one wins
        and the other gets `Conflict`.
        """
        step = self.by_verb[verb]
        answers = self._ready(session, step, subject, actor, now, answers)
        before = subject.status
        target = step.target.of(session, subject, answers) if isinstance(step.target, Depends) else step.target
        try:
            for effect in step.first:
                effect(session, subject, actor, now, answers)
            # The status comes first: an effect that flushes after its own facts leaves a whole record.
            if target is not None:
                subject.status = target
            for effect in step.effects:
                effect(session, subject, actor, now, answers)
            self.record(session, subject, step, before, actor, now, answers)
            for effect in step.then:
                effect(session, subject, actor, now, answers)
            session.flush()
        except StaleDataError:
            raise Conflict("别人刚刚办理了这件事，您的操作没有生效，请刷新查看最新情况") from None

    def refusal(
        self, session: Session, verb: str, subject: Described, actor: Actor, now: datetime, /, **answers: Any
    ) -> str | None:
        """Why a step cannot be taken with these answers, or None; nothing is changed."""
        try:
            self._ready(session, self.by_verb[verb], subject, actor, now, answers)
        except Refused as no:
            return no.sentence
        return None

    def _ready(self, session, step: Step, subject, actor: Actor, now, given: dict[str, Any]) -> dict[str, Any]:
        actor.require(step.by)
        if subject.status not in step.sources:
            raise Conflict(f"现在是“{subject.status.label}”，不能{step.label}。可能别人刚刚办过，请刷新查看")
        if step.only is not None and not step.only(subject):
            raise Refused(f"“{step.label}”只用于{_words(step.only)}")
        answers = self._answers(step, subject, given)
        for guard in step.guards:
            reason = guard(session, subject, actor, now, answers)
            if reason:
                raise Refused(reason)
        return answers

    def _answers(self, step: Step, subject: Any, given: dict[str, Any]) -> dict[str, Any]:
        """The answers by name; what is not asked about this subject counts as not answered."""
        known = {ask.name for ask in step.asks}
        unknown = set(given) - known
        if unknown:
            raise TypeError(f"{self.name}.{step.verb} does not ask {sorted(unknown)}")
        errors, asked = {}, step.asks_of(subject)
        for ask in asked:
            value = given.get(ask.name)
            if isinstance(value, str):
                value = value.strip()
            if ask.is_required and (value is None or value == ""):
                errors[ask.name] = f"请填写{ask.label}"
        if errors:
            raise Refused("还有必填内容没有填写：" + "；".join(errors.values()), errors=errors)
        return {ask.name: given.get(ask.name) if ask in asked else None for ask in step.asks}


def _words(rule: Callable) -> str:
    return (rule.__doc__ or "").strip().rstrip(".")


_SAID = "_said"


def say(answers: dict[str, Any], words: str) -> None:
    """Let the event of a step tell what came of it; called by an effect, told by `note_of`."""
    answers[_SAID] = words


def note_of(step: Step, answers: dict[str, Any]) -> str | None:
    """The note of an event: what came of the step, then the person's own words."""
    own = next((answers[a.name] for a in step.asks if a.is_long and answers.get(a.name)), None)
    return "。".join(filter(None, (answers.get(_SAID), own))) or None


def plain(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers as they may be kept in an event: rows by id, codes by value, days as text."""
    found = {}
    for name, value in answers.items():
        if value is None or value == "" or name == _SAID:
            continue
        if isinstance(value, Described):
            value = value.id
        elif isinstance(value, Code):
            value = value.value
        elif isinstance(value, date | datetime):
            value = value.isoformat()
        found[name] = value
    return found


def print_table(flow: Flow) -> str:
    """The table as Markdown for people of the field to review."""
    lines = [
        f"## {flow.title}", "", "| 步骤 | 从 | 到 | 谁可以办 | 要填 | 条件 |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for step in flow.steps:
        sources = "、".join(state.label for state in flow.states if state in step.sources)
        asks = "、".join(a.label + ("" if a.is_required else "（可不填）") for a in step.asks) or "—"
        words = [f"只用于{_words(step.only)}"] if step.only else []
        guards = "；".join([*words, *map(_words, step.guards)]) or "—"
        target = "不变" if step.target is None else getattr(step.target, "words", None) or step.target.label
        lines.append(f"| {step.label} | {sources} | {target} | {step.by.label} | {asks} | {guards} |")
    return "\n".join(lines) + "\n"
