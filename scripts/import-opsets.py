"""Writes small networks as PyTorch's exporter does, at several opsets, for the tests of the import.

    python3 scripts/import-opsets.py FOLDER

Files are FOLDER/NAME-OPSET.onnx; all of one name are the same network with the same weights.
"""

import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(width, width // 4, 1)
        self.expand = nn.Conv2d(width // 4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(gate))


def mobile(act: type[nn.Module], *, gate: type[nn.Module] | None = None) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        act(),
        nn.Conv2d(16, 16, 3, 1, 1, groups=16, bias=False),
        nn.BatchNorm2d(16),
        act(),
        nn.Identity() if gate is None else gate(16),
        nn.MaxPool2d(3, 2, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(16, 10),
    )


class SqueezeExciteByView(SqueezeExcite):
    """The gate comes of linear layers and is a hard sigmoid in torchvision's words, with what F.relu6 writes."""

    def forward(self, x: Tensor) -> Tensor:
        n, width, _, _ = x.shape
        pooled = x.mean((2, 3))
        gate = nn.functional.linear(pooled, self.reduce.weight.flatten(1), self.reduce.bias)
        gate = nn.functional.linear(torch.relu(gate), self.expand.weight.flatten(1), self.expand.bias)
        return x * (nn.functional.relu6(gate + 3) / 6).view(n, width, 1, 1).expand_as(x)


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 8, 8)
        self.group = nn.GroupNorm(4, 32)
        self.instance = nn.InstanceNorm2d(32, affine=True)
        self.layer = nn.LayerNorm(32)
        self.mix = nn.Linear(32, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.group(self.patches(x)))
        x = nn.functional.softplus(self.instance(x)).flatten(2).transpose(1, 2)
        x = x + nn.functional.elu(self.mix(self.layer(x)))
        return self.head(x.mean(1)).softmax(1).reshape(-1, 5, 2).transpose(1, 2)


class GeluTanh(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * x * (1 + torch.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 8, 8)
        self.qkv = nn.Linear(32, 96)
        self.project = nn.Linear(32, 32)
        self.mlp = nn.Sequential(nn.Linear(32, 128), nn.GELU(), nn.Linear(128, 32))
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(x).reshape(-1, 64, 3, 4, 8).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.project(((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(-1, 64, 32))
        x = x + self.mlp(x)
        return self.head(x[:, 0]).softmax(-1)


NETWORKS = {
    "relu6": (7, lambda: mobile(nn.ReLU6)),
    "hardswish": (7, lambda: mobile(nn.Hardswish)),
    "silu": (7, lambda: mobile(nn.SiLU)),
    "mish": (7, lambda: mobile(nn.Mish)),
    "gelu-tanh": (7, lambda: mobile(GeluTanh)),
    "gelu": (9, lambda: mobile(nn.GELU)),
    "gated": (9, lambda: mobile(nn.ReLU, gate=SqueezeExcite)),
    "gated-by-view": (9, lambda: mobile(nn.ReLU, gate=SqueezeExciteByView)),
    "norms": (9, lambda: Norms()),
    "encoder": (9, lambda: Encoder()),
}


def main(folder: Path) -> None:
    warnings.filterwarnings("ignore")
    for name, (oldest, build) in NETWORKS.items():
        for opset in (7, 9, 11, 13, 14, 17):
            if opset < oldest:
                continue
            torch.manual_seed(0)
            torch.onnx.export(
                build().eval(),
                torch.zeros(1, 3, 64, 64),
                folder / f"{name}-{opset}.onnx",
                opset_version=opset,
                training=torch.onnx.TrainingMode.PRESERVE,
                do_constant_folding=False,
                input_names=["image"],
                dynamic_axes={"image": {0: "batch"}},
            )


main(Path(sys.argv[1]))
