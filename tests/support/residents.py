"""What anybody may open and send without an account, by hand: nothing else may join unnoticed."""

PAGES = {
    "appeal_door.choose", "appeal_door.place", "appeal_door.words", "track_door.track",
    "guide.index", "guide.routes", "guide.course", "guide.points", "guide.rights", "guide.law",
    "hall.now_serving",
}  # fmt: skip
SENT = {"appeal_door.contact", "appeal_door.send", "track_door.track", "track_door.act"}
PUBLIC = PAGES | SENT
