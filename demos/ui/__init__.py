"""Shared parts of the tabs: page, tab layout, event player, model picker, theme, languages."""
