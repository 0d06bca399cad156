"""Nouns: tables, code lists and how a column describes itself. Every file here is found and read."""

import importlib
import pkgutil

from .base import Base, Described, Entity, Scope, Shared, entities, finish, live_rows, uuid7, uuid7s
from .fields import describe

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
finish()

__all__ = ["Base", "Described", "Entity", "Scope", "Shared", "describe", "entities", "finish", "live_rows", "uuid7", "uuid7s"]
