"""Papers of the dossier, their templates, and what they say."""
