"""Sessions, agreements, judicial confirmation, follow-ups and the 3+X team."""
