"""What a service says when it will not do a thing. Sentences are Chinese and fit to show."""


class Refused(Exception):
    """A rule says no; nothing was changed.

    `field` names the answer at fault; `errors` may carry several {field: sentence}.
    """

    def __init__(self, sentence: str, field: str | None = None, errors: dict[str, str] | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.errors = errors or ({field: sentence} if field else {})


class BadQuery(Refused):
    """An address asks for what no list can answer."""


class Denied(Refused):
    """The person's role does not allow it."""


class Missing(Refused):
    """No such record, or none that this person may see: the answer is the same."""

    def __init__(self, sentence: str = "没有找到这条记录，可能已被删除，或不在您的负责范围内"):
        super().__init__(sentence)


class Conflict(Refused):
    """Somebody else was faster; the caller shows both versions."""


class TooOften(Refused):
    """A limit is reached; `seconds` says when to come again."""

    def __init__(self, sentence: str, seconds: int):
        super().__init__(sentence)
        self.seconds = seconds
