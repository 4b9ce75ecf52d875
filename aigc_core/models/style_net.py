r"""One small network for many painted styles, selected by conditional instance normalisation.

- Johnson et al., "Perceptual Losses for Real-Time Style Transfer", arXiv:1603.08155: a network trained once to minimise, in a
  single pass, content and style losses in VGG16's eyes.
- Dumoulin et al., "A Learned Representation for Artistic Style", arXiv:1610.07629, eq. 5: a style is nothing but a scale and a
  shift after each instance normalisation, and styles blend as these constants do::

      z = γ_s (x - μ(x)) / σ(x) + β_s               γ, β = Σ_s w_s γ_s, Σ_s w_s β_s          μ, σ over one channel of one picture

Differs from the papers: half the width; patches of 4×4 pixels go in, patches of 2×2 come out, because maps at full size cost
more than all the rest; the answer is the picture plus a correction.

Shapes: B batch, C channels, H and W the picture's sides, S styles. Pictures are RGB in [-1, 1]; style weights (B, S) sum to 1.
Training: ``aigc_core/training/style.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4
EPS = 1e-5


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    styles: tuple[str, ...]
    """Names, in the order of the weights."""
    width: int = 64
    """Channels at stride 4; half of them at stride 2."""
    blocks: int = 4
    """Residual blocks at stride 4."""

    def __post_init__(self) -> None:
        if not self.styles or len(set(self.styles)) != len(self.styles) or self.width < 2 or self.blocks < 1:
            raise ValueError(f"distinct styles, width >= 2, blocks >= 1; got {self}")


class ConditionalNorm(nn.Module):
    """Instance normalisation of (B, C, H, W), scale and shift blended from those of the styles."""

    def __init__(self, width: int, styles: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(styles, width))
        self.shift = nn.Parameter(torch.zeros(styles, width))

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        centred = x - x.mean((2, 3), keepdim=True)
        # not torch.var_mean: on channels-last maps it takes ten times as long
        scale, shift = self.affine(centred.square().mean((2, 3)), weights)
        return torch.addcmul(shift, centred, scale)

    def affine(self, variance: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift (B, C, 1, 1) of centred maps whose channels have that variance (B, C)."""
        scale = (weights @ self.scale) * torch.rsqrt(variance + EPS)
        return scale[:, :, None, None], (weights @ self.shift)[:, :, None, None]


class ConvNorm(nn.Module):
    """Mirrored border, convolution, conditional normalisation."""

    def __init__(self, width: int, out: int, kernel: int, styles: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, out, kernel, 1, kernel // 2, padding_mode="reflect", bias=False)
        self.norm = ConditionalNorm(out, styles)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        out: Tensor = self.norm(self.conv(x), weights)
        return out


class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x)))))."""

    def __init__(self, width: int, styles: int) -> None:
        super().__init__()
        self.first = ConvNorm(width, width, 3, styles)
        self.second = ConvNorm(width, width, 3, styles)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.relu(self.first(x, weights)), weights)
        return out


class StyleNet(nn.Module):
    """Pictures (B, 3, H, W) and style weights (B, S) to painted pictures; any size of at least 16 pixels a side."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.config = config
        w, s = config.width, len(config.styles)
        self.encode = ConvNorm(3 * STRIDE**2, w, 3, s)
        self.blocks = nn.ModuleList(Residual(w, s) for _ in range(config.blocks))
        self.narrow = ConvNorm(w, w // 2, 1, s)
        self.decode = ConvNorm(w // 2, w // 2, 3, s)
        self.to_patches = nn.Conv2d(w // 2, 12, 3, 1, 1, padding_mode="reflect")
        self.to_rgb = nn.Conv2d(6, 3, 3, 1, 1, padding_mode="reflect")

    def forward(self, picture: Tensor, weights: Tensor) -> Tensor:
        *_, painted = self.layers(picture, weights)
        return painted

    def layers(self, picture: Tensor, weights: Tensor) -> Iterator[Tensor]:
        """The map after each layer, the painted picture last: a caller may stop in between."""
        height, width = picture.shape[-2:]
        whole = padded(picture)
        yield (x := F.relu(self.encode(F.pixel_unshuffle(whole, STRIDE), weights)))  # (B, C, H/4, W/4)
        for block in self.blocks:
            yield (x := block(x, weights))
        yield (x := F.relu(self.narrow(x, weights)))  # (B, C/2, H/4, W/4)
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        yield (x := F.relu(self.decode(x, weights)))  # (B, C/2, H/2, W/2)
        yield self.corrected(whole, x)[..., :height, :width]

    def corrected(self, picture: Tensor, x: Tensor) -> Tensor:
        """The picture (B, 3, H, W) painted, given the last map (B, C/2, H/2, W/2)."""
        fine = smoothed(F.pixel_shuffle(self.to_patches(x), 2))  # (B, 3, H, W)
        # an addition before the squash: the picture is the start, colours cannot leave the range
        return torch.tanh(picture + fine + self.to_rgb(torch.cat([fine, picture], 1)))

    def constants(self) -> Iterator[nn.Parameter]:
        """All scales and shifts: the only numbers that belong to a style."""
        for module in self.modules():
            if isinstance(module, ConditionalNorm):
                yield module.scale
                yield module.shift


def smoothed(x: Tensor) -> Tensor:
    """Smooth (B, C, H, W) with a 3×3 binomial filter, which removes patterns of two pixels' period."""
    line = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=x.shape[1])


def one_style(model: StyleNet, name: str) -> StyleNet:
    """A network of one new style ``name`` with the trunk of ``model``; its constants start at the mean of the known styles'.

    The trunk is shared, not copied; only the new constants require gradients.
    """
    new = StyleNet(StyleConfig(styles=(name,), width=model.config.width, blocks=model.config.blocks))
    known = dict(model.named_parameters())
    for key, parameter in new.named_parameters():
        if key.endswith((".scale", ".shift")):
            parameter.data = known[key].detach().mean(0, keepdim=True).clone()
        else:
            parameter.data = known[key].detach()
            parameter.requires_grad_(False)
    return new


def with_style(model: StyleNet, new: StyleNet) -> StyleNet:
    """``model`` with the style of ``new`` (:func:`one_style`) as its last one."""
    config = StyleConfig(
        styles=(*model.config.styles, *new.config.styles), width=model.config.width, blocks=model.config.blocks
    )
    joined = StyleNet(config)
    added = new.state_dict()
    state = {
        key: torch.cat([value, added[key]]) if key.endswith((".scale", ".shift")) else value
        for key, value in model.state_dict().items()
    }
    joined.load_state_dict(state)
    return joined


def padded(x: Tensor) -> Tensor:
    """Mirror the right and lower border of (B, C, H, W) up to multiples of the stride."""
    down, right = (-side % STRIDE for side in x.shape[-2:])
    return F.pad(x, (0, right, 0, down), mode="reflect") if down or right else x
