"""Writes small networks as PyTorch's exporter does, with what PyTorch counts, for the tests of the import.

    python3 scripts/import-parameters.py FOLDER

Files are FOLDER/NAME.onnx; FOLDER/counts.json has the number of parameters of each.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn


class Tokens(nn.Module):
    """A vision transformer with a class token and trained positions."""

    def __init__(self, *, depth: int = 2, width: int = 32) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 17, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 2 * width, activation="gelu", batch_first=True) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.positions
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])


class Sines(nn.Module):
    """Positions of sines and cosines, which are a buffer."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        angle = torch.arange(16)[:, None] / 10000 ** (torch.arange(width // 2) / (width // 2))
        self.register_buffer("positions", torch.cat([angle.sin(), angle.cos()], 1)[None])
        self.scale = nn.Parameter(1e-5 * torch.ones(width))
        self.mix = nn.Linear(width, width)
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.head((x + self.scale * torch.relu(self.mix(x))).mean(1))


class Turned(nn.Module):
    """Queries and keys that are turned by their positions, and a trained temperature."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        angle = torch.arange(16)[:, None] / 100 ** (torch.arange(width) / width)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        self.qkv = nn.Linear(width, 3 * width)
        self.temperature = nn.Parameter(torch.tensor(0.3))
        self.head = nn.Linear(width, 10)

    def turn(self, x: Tensor) -> Tensor:
        return x * self.cos + x.flip(-1) * self.sin

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(x).chunk(3, -1)
        mixed = (self.turn(q) @ self.turn(k).transpose(1, 2) * self.temperature).softmax(-1) @ v
        return self.head(mixed.mean(1))


class Reader(nn.Module):
    """A recurrent reader of lines."""

    def __init__(self, cell: type[nn.Module], **options: object) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 1, 1)
        self.norm = nn.BatchNorm2d(8)
        self.cell = cell(8, 12, **options)
        self.head = nn.Linear(24 if options.get("bidirectional") else 12, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.conv(x))).mean(2).permute(2, 0, 1)
        return self.head(self.cell(x)[0])


class Normalised(nn.Module):
    """The image is normalised inside, and so are features."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        self.a = nn.Conv2d(3, 16, 3, 2, 1, bias=False)
        self.norm = norm
        self.act = nn.PReLU()
        self.b = nn.Conv2d(16, 16, 3, 2, 1)
        self.norm2 = nn.BatchNorm2d(16)
        self.head = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.a((x - self.mean) / self.std)))
        return self.head(torch.relu(self.norm2(self.b(x))).mean((2, 3)))


class Detector(nn.Module):
    """Boxes around the points of a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 16, 3, 4, 1)
        self.b = nn.Conv2d(16, 4, 3, 2, 1)
        rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
        self.register_buffer("grid", torch.stack([columns, rows]).view(1, 2, 64) + 0.5)
        self.register_buffer("anchors", 8 * torch.rand(1, 2, 64))

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(torch.relu(self.a(x))).flatten(2)
        return torch.cat([(y[:, :2] + self.grid) * 8, y[:, 2:].exp() * self.anchors], 1)


NETWORKS = {
    "tokens": lambda: Tokens(),
    "sines": lambda: Sines(),
    "turned": lambda: Turned(),
    "lstm": lambda: Reader(nn.LSTM, bidirectional=True),
    "lstm-deep": lambda: Reader(nn.LSTM, num_layers=2),
    "gru": lambda: Reader(nn.GRU),
    "rnn": lambda: Reader(nn.RNN, bias=False),
    "batch-norm": lambda: Normalised(nn.BatchNorm2d(16)),
    "batch-norm-plain": lambda: Normalised(nn.BatchNorm2d(16, affine=False)),
    "group-norm": lambda: Normalised(nn.GroupNorm(4, 16)),
    "instance-norm": lambda: Normalised(nn.InstanceNorm2d(16)),
    "instance-norm-running": lambda: Normalised(nn.InstanceNorm2d(16, track_running_stats=True)),
    "weight-norm": lambda: Normalised(nn.utils.weight_norm(nn.Conv2d(16, 16, 1))),
    "detector": lambda: Detector(),
}


def main(folder: Path) -> None:
    warnings.filterwarnings("ignore")
    counts = {}
    for name, build in NETWORKS.items():
        for folding in (False, True):
            torch.manual_seed(0)
            network = build().eval()
            file = f"{name}-folded" if folding else name
            size = 32 if name in ("tokens", "sines", "turned") else 64
            torch.onnx.export(
                network,
                torch.zeros(1, 3, size, size),
                folder / f"{file}.onnx",
                opset_version=13,
                training=torch.onnx.TrainingMode.PRESERVE,
                do_constant_folding=folding,
                input_names=["image"],
            )
            counts[file] = sum(parameter.numel() for parameter in network.parameters())
    (folder / "counts.json").write_text(json.dumps(counts))


main(Path(sys.argv[1]))
