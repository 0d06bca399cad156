"""How fast the console is, as ratios against the stock Flask-Admin view on the same rows."""
