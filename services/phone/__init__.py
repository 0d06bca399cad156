"""What chiefs do on their phones."""
