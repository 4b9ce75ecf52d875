"""The exponential moving average of the weights, which every training here saves in the place of the last step's weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


@torch.no_grad()
def update_ema(average: nn.Module, model: nn.Module, decay: float) -> None:
    """``average ← decay·average + (1 − decay)·model``, buffers such as batch norms' statistics included.

    ``torch.optim.swa_utils`` does the arithmetic. Its ``AveragedModel`` keeps one decay for a whole run; here the decay grows
    with the steps taken, so that the random first weights are soon forgotten.
    """
    pairs = list(zip(average.state_dict().values(), model.state_dict().values(), strict=True))
    floats = [(old, new) for old, new in pairs if old.is_floating_point()]
    average_weights = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    average_weights([old for old, _ in floats], [new for _, new in floats], None)
    for old, new in pairs:
        if not old.is_floating_point():
            old.copy_(new)
