"""The evidence of one observation, cut into bound and gap, for a q that the reader moves; integrals are exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.scalar_latent import GRID, Bound, ScalarLatent, log_normal

OBSERVED, NOISE = 1.0, 0.5
DECODERS: dict[str, Callable[[Tensor], Tensor]] = {
    "line": lambda z: z,
    "bend": lambda z: torch.exp(z) - 1,
    "fold": lambda z: z * z,
}
SHOWN = GRID.abs() <= 3


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw prior, posterior and q, and the sum; ``values``: ``decoder``, ``mean``, ``deviation`` (≥ 0.05)."""
    del seed
    model = ScalarLatent(decode=DECODERS[str(values["decoder"])], noise=NOISE)
    mean, deviation = float(values["mean"]), float(values["deviation"])
    bound, evidence = model.bound(OBSERVED, mean, deviation), model.log_evidence(OBSERVED)
    figure, (left, right) = plot.canvas(1, 2, height=3.0, width_ratios=(1.4, 1))
    _densities(left, model, mean, deviation)
    _sum(right, bound, evidence)
    yield Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"log p(x) = {evidence:.3f} = ELBO {bound.elbo:.3f} + gap {bound.gap:.3f} nats; "
            f"ELBO = {bound.reconstruction:.3f} (reconstruction) − {bound.rate:.3f} (KL to the prior).",
            f"log p(x) = {evidence:.3f} = ELBO {bound.elbo:.3f} + 间隙 {bound.gap:.3f} 奈特；"
            f"ELBO = {bound.reconstruction:.3f}（重建）− {bound.rate:.3f}（到先验的 KL）。",
        ),
        legend=(
            Mark(colour="gray", words=Words("prior p(z)", "先验 p(z)"), dashed=True),
            Mark(colour=plot.COLOURS[1], words=Words("posterior p(z|x)", "后验 p(z|x)")),
            Mark(colour=plot.COLOURS[0], words=Words("q, and the ELBO", "q 与 ELBO")),
            Mark(colour=plot.COLOURS[3], words=Words("KL to the prior", "到先验的 KL")),
            Mark(colour=plot.COLOURS[2], words=Words("gap: KL to the posterior", "间隙：到后验的 KL")),
        ),
        facts={"evidence": evidence, "elbo": bound.elbo, "gap": bound.gap},
    )


def _densities(axes: Axes, model: ScalarLatent, mean: float, deviation: float) -> None:
    z = GRID[SHOWN][::6]
    posterior = model.log_posterior(OBSERVED).exp()[SHOWN][::6]
    axes.plot(z, log_normal(z, 0, 1).exp(), color="gray", linestyle="--", linewidth=1.2)
    axes.fill_between(z, posterior, color=plot.COLOURS[1], alpha=0.3, linewidth=0)
    axes.plot(z, posterior, color=plot.COLOURS[1])
    axes.plot(z, log_normal(z, mean, deviation).exp(), color=plot.COLOURS[0])
    axes.set(xlabel="$z$", xlim=(-3, 3), ylim=(0, 2.2))


def _sum(axes: Axes, bound: Bound, evidence: float) -> None:
    """Reconstruction, minus the KL to the prior, plus the gap: down and up again to log p(x)."""
    parts = (
        (0.0, bound.reconstruction, plot.COLOURS[4], r"$E_q\log p$"),
        (bound.elbo, bound.reconstruction, plot.COLOURS[3], r"$-KL$"),
        (0.0, bound.elbo, plot.COLOURS[0], "ELBO"),
        (bound.elbo, evidence, plot.COLOURS[2], "$+KL$"),
    )
    for i, (low, high, colour, _) in enumerate(parts):
        axes.bar(i, high - low, bottom=low, color=colour, width=0.7)
    axes.axhline(evidence, color=plot.COLOURS[1])
    axes.text(3.45, evidence, r"$\log p(x)$", color=plot.COLOURS[1], ha="right", va="bottom")
    axes.set_xticks(range(4), [name for *_, name in parts], fontsize=8)
    axes.set(ylim=(min(-4.0, 1.08 * bound.elbo), 0.4), ylabel="[nat]")
