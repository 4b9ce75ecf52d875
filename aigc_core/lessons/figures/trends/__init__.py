"""What the figures about trends draw."""
