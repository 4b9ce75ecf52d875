"""The smallest GAN: all data are the number 0, the generator says θ, the discriminator is a line of slope ψ.

Mescheder, Geiger & Nowozin 2018, "Which Training Methods for GANs do actually Converge?", arXiv 1801.04406, section 2. The logits are
ℓ(x) = ψ·x, so that only ℓ(0) = 0 and ℓ(θ) = ψθ enter a loss. The equilibrium is θ = ψ = 0; whether training gets there is seen
without a network in the way. Losses and R1 are those of :mod:`aigc_core.models.gan_losses`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_core.models.gan_losses import LOSSES, r1


def velocity(theta: Tensor, psi: Tensor, loss: str, gamma: float = 0.0) -> tuple[Tensor, Tensor]:
    """(−∂L_G/∂θ, −∂(L_D + γ·R1)/∂ψ) for points (N,) of the plane: where gradient descent pushes the two players."""
    theta, psi = theta.detach().requires_grad_(), psi.detach().requires_grad_()
    nothing = torch.zeros(len(theta), 1)  # all data
    d_loss = LOSSES[loss].discriminator(psi * nothing[:, 0], psi * theta)
    d_loss = d_loss + gamma * r1(lambda x: psi * x[:, 0], nothing)
    g_loss = LOSSES[loss].generator(psi * theta)
    (of_theta,) = torch.autograd.grad(g_loss, theta)
    (of_psi,) = torch.autograd.grad(d_loss, psi)
    return -len(theta) * of_theta, -len(psi) * of_psi  # losses are means over the points


def play(
    loss: str, *, gamma: float = 0.0, rate: float = 0.1, steps: int = 200, start: tuple[float, float] = (1.0, 1.0)
) -> Tensor:
    """The path (steps + 1, 2) of (θ, ψ) under simultaneous gradient descent (their Algorithm 1)."""
    theta, psi = torch.tensor([start[0]]), torch.tensor([start[1]])
    path = [torch.cat([theta, psi])]
    for _ in range(steps):
        of_theta, of_psi = velocity(theta, psi, loss, gamma)
        theta, psi = theta + rate * of_theta, psi + rate * of_psi
        path.append(torch.cat([theta, psi]))
    return torch.stack(path)
