"""Views inside the face models, one module each."""
