"""The places where requests can be run: this process (:mod:`aigc_core.engine`), or workers of a Ray cluster, on this machine or many.

What all of them have in common says :class:`aigc_core.backends.protocol.Backend`; :func:`aigc_core.backends.choice.make` makes
the one that is asked for. Nothing of Ray is imported before it is.
"""
