"""Rules of harmony and form that guide the drawing of notes."""
