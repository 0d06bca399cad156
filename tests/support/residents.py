"""What anybody may open and send without an account, by hand: nothing else may join unnoticed."""

PAGES = {
    "appeal_door.choose", "appeal_door.place", "appeal_door.words", "track_door.track", "track_door.picture",
    "guide.index", "guide.routes", "guide.course", "guide.points", "guide.rights", "guide.law",
    "hall.now_serving",
}  # fmt: skip
SENT = {"appeal_door.contact", "appeal_door.send", "track_door.track", "track_door.act"}
PUBLIC = PAGES | SENT

# What the chiefs' door guards itself; without a signed-in phone only these two are open.
WITHOUT_PHONE = {"phone.sign_in", "phone.worker"}
PHONE = WITHOUT_PHONE | {
    "phone.today", "phone.below", "phone.appeals_below", "phone.appeal", "phone.act", "phone.photo", "phone.number", "phone.report",
    "phone.zero", "phone.visits", "phone.visit", "phone.needed", "phone.homes", "phone.home", "phone.complete", "phone.about", "phone.sign_out",
    "phone.offline", "phone.state",
}  # fmt: skip
