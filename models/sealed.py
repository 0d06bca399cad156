"""Encryption of single values at rest.

AES-SIV is deterministic: equal values give equal tokens, so `column == value`, unique
indexes and "the same phone elsewhere" work on the ciphertext without a second index column.
"""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import String
from sqlalchemy.types import TypeDecorator

_keys: dict[str, AESSIV] = {}
_current = ""


class MissingKey(RuntimeError):
    """A sealed value was touched before `use_keys`, or was sealed with an unknown key."""


def use_keys(keys: dict[str, bytes]) -> None:
    """Set the keys: {one-character id: 64 bytes}; the last one seals, all of them open."""
    global _current
    if any(len(name) != 1 or len(key) != 64 for name, key in keys.items()):
        raise ValueError("keys are {one character: 64 bytes}")
    _keys.clear()
    _keys.update({name: AESSIV(key) for name, key in keys.items()})
    _current = list(keys)[-1]


def seal(text: str, domain: str) -> str:
    """Encrypt a text; `domain` (the kind's name) keeps equal digits of two kinds apart."""
    if not _current:
        raise MissingKey("no field key is loaded; call models.sealed.use_keys first")
    token = _keys[_current].encrypt(text.encode(), [domain.encode()])
    return _current + base64.urlsafe_b64encode(token).decode().rstrip("=")


def unseal(token: str, domain: str) -> str:
    """Decrypt what `seal` made; raises `MissingKey` for an unknown or wrong key."""
    try:
        raw = base64.urlsafe_b64decode(token[1:] + "=" * (-len(token[1:]) % 4))
        return _keys[token[0]].decrypt(raw, [domain.encode()]).decode()
    except (KeyError, InvalidTag, IndexError) as error:
        raise MissingKey("a sealed value was written with another key") from error


class Sealed(TypeDecorator):
    """A text column that is ciphertext in the database and text in Python."""

    impl = String
    cache_ok = True
    python_type = str

    def __init__(self, domain: str, length: int = 160):
        super().__init__(length)
        self.domain = domain

    def process_bind_param(self, value, dialect):
        return None if value is None else seal(value, self.domain)

    def process_result_value(self, value, dialect):
        return None if value is None else unseal(value, self.domain)
