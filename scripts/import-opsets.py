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


def mobile(act: type[nn.Module], *, gated: bool = False) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        act(),
        nn.Conv2d(16, 16, 3, 1, 1, groups=16, bias=False),
        nn.BatchNorm2d(16),
        act(),
        SqueezeExcite(16) if gated else nn.Identity(),
        nn.MaxPool2d(3, 2, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(16, 10),
    )


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
    "gated": (9, lambda: mobile(nn.ReLU, gated=True)),
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
