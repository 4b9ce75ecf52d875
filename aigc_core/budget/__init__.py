"""What a request will cost on this machine, told before it runs: seconds, peak memory, megabytes to fetch.

    python -m aigc_core.budget faces-gan-128 count=16

:mod:`~aigc_core.budget.work` counts what the work of a request grows with, :mod:`~aigc_core.budget.figures` holds what
``python -m benchmarks.budget --fit`` has measured, :mod:`~aigc_core.budget.machine` compares this machine with the one it was
measured on, and :class:`Budget` puts them together with what runs have really taken since.
"""

from aigc_core.budget.estimate import Budget as Budget
from aigc_core.budget.estimate import Estimate as Estimate
from aigc_core.budget.observations import Observation as Observation
from aigc_core.budget.observations import Observations as Observations
