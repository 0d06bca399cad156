"""Whistles, urges, supervision and instructions: a word that lies with somebody until it is answered."""
