"""What the figures about pictures draw."""
