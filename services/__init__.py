"""Verbs and rules: what may happen, and what follows. No web here, no clock, no commit."""
