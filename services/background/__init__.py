"""Long work in a process of its own, and the outbox."""
