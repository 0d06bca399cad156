"""Verbs and rules: what may happen, and what follows. No web here, no clock, no commit.

Every file is read at once, so that the rules they register hold wherever one of them is used.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
