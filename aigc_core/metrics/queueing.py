"""The waiting time of requests to a server that works on one at a time.

Lindley 1952: request n + 1 waits  W_{n+1} = max(0, W_n + S_n − A_n),  S_n the n-th service time, A_n the time to the next
arrival. If arrivals are random (Poisson), the mean is known (Pollaczek 1930, Khinchine 1932)::

    E[W] = ρ / (1 − ρ) · E[S] · (1 + c²) / 2,        ρ = E[S] / E[A] < 1,    c = deviation of S / E[S]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]


def waits(gaps: Seconds, services: Seconds) -> Seconds:
    """The wait of every request, the first arriving at an idle server.

    Args:
        gaps: Time from each arrival to the next, (N,).
        services: Work that each request brings, (N,).
    """
    found = np.zeros(len(gaps))
    for n in range(len(gaps) - 1):
        found[n + 1] = max(0.0, found[n] + services[n] - gaps[n])
    return found


def mean_wait(load: float, service: float, variation: float) -> float:
    """Pollaczek and Khinchine's mean wait, in the unit of ``service``.

    Args:
        load: ρ in [0, 1).
        variation: c, 0 for equal requests, 1 for exponential ones.
    """
    return load / (1 - load) * service * (1 + variation**2) / 2
