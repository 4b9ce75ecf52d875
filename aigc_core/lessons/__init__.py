"""The course: lessons in Chinese and English, with live figures, tested formulas and code cut from the source.

``text/<slug>.{en,zh}.md`` are the lessons, :mod:`~aigc_core.lessons.outline` lists them, ``catalog/<topic>.py`` the rows of their
figures, ``figures/<topic>/`` the code that draws them, ``stills/`` a picture of each for print, ``glossary/<topic>.yaml`` the
terms. ``python -m aigc_core.lessons list`` prints what there is.
"""
