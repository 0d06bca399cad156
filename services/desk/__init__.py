"""The dispatch desk: what waits, who could take it, and the orders that follow."""
