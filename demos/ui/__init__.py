"""What the tabs share: page, tab layout, event player, model picker, theme, languages."""
