"""Areas, households, the three chiefs, committees and agreements of responsibility."""
