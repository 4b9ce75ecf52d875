"""The course: a table of contents, lessons with live figures, search, notebooks.

The page is two custom elements (``course.js``, ``figure.js``) that ask the endpoints in :mod:`demos.learn.endpoints`: a lesson is
read and rendered when it is opened, and nothing of it before.
"""
