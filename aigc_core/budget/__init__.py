"""The cost of a request on this machine, estimated before it runs: seconds, peak memory, megabytes to fetch.

    python -m aigc_core.budget faces-gan-128 count=16

:mod:`~aigc_core.budget.work` counts what the work of a request grows with, :mod:`~aigc_core.budget.figures` holds what
``python -m benchmarks.budget --fit`` has measured, :mod:`~aigc_core.budget.machine` compares this machine with the one it was
measured on, and :class:`Budget` puts them together with what runs have really taken since, those of
earlier sessions included (:mod:`~aigc_core.budget.history`).
"""

from aigc_core.budget.estimate import Budget as Budget
from aigc_core.budget.estimate import Estimate as Estimate
from aigc_core.budget.history import Remembered as Remembered
from aigc_core.budget.observations import Observation as Observation
from aigc_core.budget.observations import Observations as Observations
