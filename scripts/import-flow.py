"""Writes small networks of published kinds as PyTorch's exporter does, and their LogSynflow and Synflow by autograd.

    python3 scripts/import-flow.py FOLDER

Files are FOLDER/NAME.onnx; FOLDER/expected.json has the scores. They are those of the linearised network in float64: each weight
is its expected magnitude, biases, tokens and positions are 0, normalisations and nonlinearities the identity, attention is
uniform. Gates are kept as they are, as in the code of Synflow and FreeREA.
"""

import json
import math
import sys
import warnings
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv(i: int, o: int, k: int, s: int = 1, g: int = 1, act: type[nn.Module] = nn.ReLU) -> nn.Module:
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), act())


class SqueezeExcite(nn.Module):
    def __init__(self, width: int, gate: nn.Module) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(width, width // 2, 1)
        self.expand = nn.Conv2d(width // 2, width, 1)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1)))))


class MobileNet(nn.Module):
    """An inverted residual block with squeeze-and-excite, as in MobileNetV3 and EfficientNet."""

    def __init__(self, act: type[nn.Module], gate: type[nn.Module]) -> None:
        super().__init__()
        self.stem = conv(3, 8, 3, 2, act=act)
        squeeze = SqueezeExcite(16, gate())
        self.block = nn.Sequential(
            conv(8, 16, 1, act=act), conv(16, 16, 5, 1, 16, act=act), squeeze, nn.Conv2d(16, 8, 1, bias=False)
        )
        self.head = nn.Sequential(conv(8, 12, 1, act=act), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(x + self.block(x))


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        shares = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5).softmax(-1)
        return self.project((shares @ v).transpose(1, 2).reshape(b, n, c))


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.between = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.before(x))
        return x + self.mlp(self.between(x))


class DeiT(nn.Module):
    """Two tokens of their own, which are stretched to the batch and joined to the patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, 4)
        self.tokens = nn.ParameterList([nn.Parameter(torch.randn(1, 1, 12)) for _ in range(2)])
        self.positions = nn.Parameter(torch.randn(1, 18, 12))
        self.encoder = Encoder(12, 3)
        self.norm = nn.LayerNorm(12)
        self.heads = nn.ModuleList([nn.Linear(12, 5), nn.Linear(12, 5)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([*(token.expand(x.shape[0], -1, -1) for token in self.tokens), x], 1) + self.positions
        x = self.norm(self.encoder(x))
        return (self.heads[0](x[:, 0]) + self.heads[1](x[:, 1])) / 2


class Swin(nn.Module):
    """Windows that are shifted by a roll, and patches that are merged by slices of every other position."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 2, 2)
        self.encoder = Encoder(8, 2)
        self.merge = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 16, bias=False))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        x = torch.roll(x, (-2, -2), (1, 2)).view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5)
        x = self.encoder(x.reshape(-1, 16, c)).view(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5)
        x = torch.roll(x.reshape(b, h, w, c), (2, 2), (1, 2))
        x = torch.cat([x[:, i::2, j::2] for j in range(2) for i in range(2)], -1)
        return self.head(self.merge(x).mean((1, 2)))


class UNet(nn.Module):
    def __init__(self, up: str) -> None:
        super().__init__()
        self.first = conv(3, 6, 3)
        self.down = conv(6, 12, 3, 2)
        self.up = nn.ConvTranspose2d(12, 6, 3, 2, 1, 1, groups=2) if up == "transposed" else nn.Conv2d(12, 6, 1)
        self.mode = up
        self.last = nn.Conv2d(12, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        y = self.down(x)
        if self.mode == "nearest":
            y = F.interpolate(y, scale_factor=2, mode="nearest")
        elif self.mode == "bilinear":
            y = F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)
        return self.last(torch.cat((x, self.up(y)), 1))


class Shuffle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8, 3, 2)
        self.branch = conv(4, 4, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.stem(x).chunk(2, 1)
        x = torch.cat((left, self.branch(right)), 1)
        b, c, h, w = x.shape
        return self.head(x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w).mean([2, 3]))


class Einsum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, 4)
        self.value = nn.Parameter(torch.randn(12, 3, 4))
        self.project = nn.Parameter(torch.randn(3, 4, 12))
        self.head = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        v = torch.einsum("bnd,dhe->bhne", x, self.value)
        y = torch.einsum("bhnm,bhme->bhne", torch.einsum("bhne,bhme->bhnm", v, v).softmax(-1), v)
        return self.head((x + torch.einsum("bhne,hed->bnd", y, self.project)).mean(1))


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, 4)
        self.tokens = nn.Sequential(nn.Linear(16, 8), nn.GELU(), nn.Linear(8, 16))
        self.head = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head((x + self.tokens(x.transpose(1, 2)).transpose(1, 2)).mean(1))


def super_resolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 5, 1, 2), nn.Tanh(), nn.Conv2d(8, 12, 3, 1, 1), nn.PixelShuffle(2))


NETWORKS = {
    "mobilenetv3": (lambda: MobileNet(nn.Hardswish, nn.Hardsigmoid), 16),
    "efficientnet": (lambda: MobileNet(nn.SiLU, nn.Sigmoid), 16),
    "deit": (DeiT, 16),
    "swin": (Swin, 16),
    "unet-transposed": (lambda: UNet("transposed"), 8),
    "unet-nearest": (lambda: UNet("nearest"), 8),
    "unet-bilinear": (lambda: UNet("bilinear"), 8),
    "shufflenet": (Shuffle, 16),
    "einsum": (Einsum, 16),
    "mixer": (Mixer, 16),
    "super-resolution": (super_resolution, 8),
}

IDENTITIES = (nn.BatchNorm2d, nn.LayerNorm, nn.ReLU, nn.GELU, nn.SiLU, nn.Hardswish, nn.Tanh)


def fan_out(module: nn.Module, weight: Tensor) -> float:
    if isinstance(module, nn.ConvTranspose2d):
        return weight.numel() / weight.shape[0]
    if isinstance(module, nn.Conv2d):
        return weight.numel() / weight.shape[1] / module.groups
    return 12 if isinstance(module, Einsum) else weight.shape[0]


def weights_of(net: nn.Module) -> list[Tensor]:
    """The weights, as their expected magnitudes; all else is 0."""
    weights = []
    for module in net.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_weight = parameter.dim() > 1 and not isinstance(module, (DeiT, nn.ParameterList))
            std = math.sqrt(2 / fan_out(module, parameter)) if is_weight else 0
            parameter.data.fill_(std * math.sqrt(2 / math.pi))
            if is_weight:
                weights.append(parameter)
    return weights


def scores(net: nn.Module, size: int) -> dict[str, float]:
    net = net.double().eval()
    weights = weights_of(net)
    for kind in IDENTITIES:
        patch.object(kind, "forward", lambda _, x: x).start()
    patch.object(F, "relu", lambda x: x).start()
    patch.object(Tensor, "softmax", lambda x, axis: torch.full_like(x, 1 / x.shape[axis])).start()
    net(torch.ones(1, 3, size, size, dtype=torch.float64)).sum().backward()
    patch.stopall()
    gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
    with torch.no_grad():
        pairs = list(zip(weights, gradients))
        return {
            "logsynflow": sum((w * torch.log1p(g)).sum().item() for w, g in pairs),
            "synflow": math.log(sum((w * g).sum().item() for w, g in pairs)),
        }


def main(folder: Path) -> None:
    warnings.filterwarnings("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, (make, size) in NETWORKS.items():
        torch.manual_seed(0)
        image = torch.randn(1, 3, size, size)
        torch.onnx.export(make().eval(), image, folder / f"{name}.onnx", opset_version=13)
        expected[name] = scores(make(), size)
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
