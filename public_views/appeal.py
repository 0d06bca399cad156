"""From the code on the door to a receipt: the place, the words, photos and contact, sent once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, current_app, render_template, request
from sqlalchemy.exc import OperationalError

from extensions import db, now, transaction
from models import uuid7
from services import parameters
from services.appeals import door_codes, open_door, open_places, proof
from services.access import bind, citizen
from services.errors import Refused
from together import Together

room = Blueprint("appeal_door", __name__, url_prefix="/q")


@room.get("/")
def choose():
    """For whoever has no code at hand: which community?"""
    return render_template("public/choose.html", communities=open_places.communities(db.session), calls=open_places.calls(db.session))


@room.get("/<token>")
def place(token: str):
    """Where this code hangs, who serves it, what can be asked for."""
    found = open_places.place(db.session, token)
    shown = {"place": found, "items": open_places.items(db.session), "calls": open_places.calls(db.session)}
    code = door_codes.find(db.session, token)
    if code is not None and request.method == "GET":
        with transaction() as session:
            door_codes.scanned(session, code)
    return render_template("public/place.html", **shown)


@room.get("/<token>/words")
def words(token: str):
    """One thing: what is it about?"""
    return render_template(
        "public/words.html", place=open_places.place(db.session, token), item=_item(), key=request.args.get("key") or uuid7(),
        told=request.args.get("words", ""), error=None,
    )  # fmt: skip


@room.post("/<token>/contact")
def contact(token: str):
    """One thing: photos and how to reach the person, both optional."""
    found = open_places.place(db.session, token)
    told = request.form.get("words", "").strip()
    if len(told) < 2:
        return render_template(
            "public/words.html", place=found, item=_item(), key=request.form.get("key", ""), told=told,
            error="请写一两句是什么事，几个字也可以",
        ), 422  # fmt: skip
    return _contact(token)


def _contact(token: str, error: str | None = None, must_prove: bool = False) -> str:
    """The second page; while many tell something it carries a riddle that its script solves."""
    riddle = None
    if must_prove or open_door.asks_for_proof(db.session, now()):
        riddle = proof.challenge(_proof_key(), now())
    return render_template(
        "public/contact.html", place=open_places.place(db.session, token), item=_item(), form=request.form, error=error, riddle=riddle,
        offers_messages=bool(parameters.value(db.session, "message_answer")),
    )  # fmt: skip


def _proof_key() -> bytes:
    return b"proof of work " + current_app.secret_key


@room.post("/<token>/send")
def send(token: str):
    """Keep it; the same key sent again shows the same receipt, so a repeat after a lost line does no harm."""
    form = request.form
    told = open_door.Told(
        form.get("key", ""), form.get("words", ""), form.get("item", ""), form.get("name", ""), form.get("mobile", ""),
        form.get("detail", ""), [(f.filename or "", f.read()) for f in request.files.getlist("photos") if f.filename],
        form.get("proof", "")[:2000], bool(form.get("message")),
    )  # fmt: skip
    here = db.session.info["actor"].subdistrict_id
    try:
        letter = open_door.letter(db.session, token, told, request.remote_addr or "", now())
        db.session.rollback()  # whoever waits for others holds no connection
        receipt = _desk.ask((here, letter))
    except open_door.NeedsProof as no:
        db.session.rollback()
        return _contact(token, no.sentence, must_prove=True), 429, {"Retry-After": str(no.seconds)}
    except Refused as no:
        if not no.errors:
            raise
        return _contact(token, no.sentence), 422
    return render_template("public/receipt.html", receipt=receipt, token=token)


def _receive(sent: Sequence[tuple[str, open_door.Letter]]) -> list[open_door.Receipt | Exception]:
    """What everybody sends at this moment, written in one transaction a sub-district; one that cannot be kept holds up nobody else."""
    answers = {}
    for here in dict.fromkeys(here for here, _ in sent):
        letters = [letter for its, letter in sent if its == here]
        answers |= zip(map(id, letters), _kept(here, letters), strict=True)
    return [answers[id(letter)] for _, letter in sent]


_desk = Together(_receive)


def _kept(here: str, letters: list[open_door.Letter]) -> Sequence[open_door.Receipt | Exception]:
    def keep() -> list[open_door.Receipt | Refused]:
        bind(db.session, citizen(here), now())
        with transaction() as session:
            folder = Path(current_app.instance_path) / "attachments"
            return open_door.receive(session, letters, folder, session.info["actor"], now(), _proof_key())

    try:
        return keep()
    except OperationalError:
        raise  # the database is away or busy: it would be for each of them
    except Exception as error:
        if len(letters) > 1:
            return [_kept(here, [letter])[0] for letter in letters]
        # Of two with one key at the same moment, in two processes, the later finds the other's.
        return keep() if open_door.is_kept(db.session, letters[0].key) else [error]


def _item() -> open_places.Item | None:
    wanted = request.values.get("item", "")
    return next((item for item in open_places.items(db.session) if item.id == wanted), None) if wanted else None
