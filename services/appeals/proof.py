"""Proof of work for public forms, as ALTCHA (version 1) does it: nothing is asked of a person and nobody outside is called.

A challenge is a signed riddle: which number from 0 to `MOST`, put behind the salt, has this SHA-256? Asking costs the
server one hash, answering costs a phone some 50,000. The salt says until when, and each answer is good once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from .. import limits

MOST = 100_000
LASTS = timedelta(minutes=20)
_ALGORITHM = "SHA-256"


@dataclass(frozen=True)
class Challenge:
    """What a page hands to its script; all of it is text."""

    challenge: str
    salt: str
    signature: str
    most: int = MOST


def challenge(key: bytes, now: datetime, most: int = MOST) -> Challenge:
    """A fresh riddle; `key` is the server's secret."""
    salt = f"{secrets.token_hex(12)}?expires={int((now + LASTS).timestamp())}"
    riddle = _hash(salt, secrets.randbelow(most + 1))
    return Challenge(riddle, salt, _sign(key, riddle), most)


def is_good(session: Session, key: bytes, answer: str, now: datetime) -> bool:
    """Whether an answer (base64 of JSON) solves a riddle of ours that is not over; it is used up by this call."""
    try:
        given = json.loads(base64.b64decode(answer, validate=True))
        riddle, salt, number = str(given["challenge"]), str(given["salt"]), int(given["number"])
        expires = int(salt.rpartition("?expires=")[2])
    except (ValueError, KeyError, TypeError):
        return False
    if len(salt) > 100 or given.get("algorithm") != _ALGORITHM or not 0 <= number <= MOST:
        return False
    is_ours = hmac.compare_digest(_sign(key, riddle).encode(), str(given.get("signature", "")).encode())
    if not is_ours or not hmac.compare_digest(_hash(salt, number).encode(), riddle.encode()) or expires < now.timestamp():
        return False
    return limits.once(session, "proof", riddle, datetime.fromtimestamp(expires, UTC))


def solve(asked: Challenge) -> str:
    """The answer to a riddle, found by trying: what the script in the browser does; for tests and measurements."""
    number = next(n for n in range(asked.most + 1) if _hash(asked.salt, n) == asked.challenge)
    given = {
        "algorithm": _ALGORITHM, "challenge": asked.challenge, "number": number, "salt": asked.salt, "signature": asked.signature,
    }  # fmt: skip
    return base64.b64encode(json.dumps(given).encode()).decode()


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(key: bytes, riddle: str) -> str:
    return hmac.new(key, riddle.encode(), hashlib.sha256).hexdigest()
