"""Verbs and rules: what may happen, and what follows. No web here, no clock, no commit.

A room is a package: `cases` a matter from intake to archive, `desk` who takes it, `mediation` how it is settled,
`coordination` whistles, urges, supervision and instructions, `paperwork` the dossier, `appeals` what residents say,
`phone` what chiefs do, `places` areas and who serves them, `keeping` what every record has, `lists` what a list is
asked for, `rosters` Excel in, `ledgers` and `monthly` Excel out, `background` long work and messages. What all rooms
use lies beside them. Every file is read at once, so that the rules they register hold wherever one of them is used.
"""

import importlib
import pkgutil

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
