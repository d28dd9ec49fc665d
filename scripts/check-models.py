"""Holds networks of published blocks against ONNX Runtime: each block once more, from its paper, in PyTorch's functions.

    python3 scripts/check-models.py FOLDER [...]

A folder holds `blocks.json` (name and spec of each block), `weights.safetensors`, and files
of float32 with images and with ONNX Runtime's logits; `shapes.json` says how large both are.
One line of JSON a folder. Needs PyTorch (Debian: python3-torch).
"""

import json
import math
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

ACTIVATIONS = {"relu": F.relu, "relu6": F.relu6, "silu": F.silu, "gelu": F.gelu}


class Layers:
    """Layers by the names of their parameters within a block."""

    def __init__(self, weights, block):
        self.weights = weights
        self.block = block

    def get(self, name):
        return self.weights.get(f"{self.block}.{name}")

    def conv(self, name, x, **options):
        return F.conv2d(x, self.get(f"{name}.weight"), self.get(f"{name}.bias"), **options)

    def conv_norm(self, name, x, activation=None, stride=1, groups=1):
        side = self.get(f"{name}.weight").shape[-1]
        y = self.conv(name, x, stride=stride, groups=groups, padding=side // 2)
        norm = f"{name}_norm"
        y = F.batch_norm(
            y,
            self.get(f"{norm}.running_mean"),
            self.get(f"{norm}.running_var"),
            self.get(f"{norm}.weight"),
            self.get(f"{norm}.bias"),
        )
        return y if activation is None else ACTIVATIONS[activation](y)

    def linear(self, name, x):
        """On tokens, whose weights are transposed."""
        return F.linear(x, self.get(f"{name}.weight").T, self.get(f"{name}.bias"))

    def norm(self, name, x, eps=1e-6):
        weight = self.get(f"{name}.weight")
        return F.layer_norm(x, weight.shape, weight, self.get(f"{name}.bias"), eps)

    def norm_map(self, name, x):
        return self.norm(name, x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def classify(self, x):
        return F.linear(x, self.get("classifier.weight"), self.get("classifier.bias"))

    def encoder(self, prefix, x, heads, activation, eps):
        n, length, width = x.shape
        y = self.norm(f"{prefix}attention_norm", x, eps)
        qkv = self.linear(f"{prefix}attention.qkv", y).reshape(n, length, 3, heads, width // heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        shares = (q @ k.transpose(-2, -1) / math.sqrt(width // heads)).softmax(-1)
        y = (shares @ v).transpose(1, 2).reshape(n, length, width)
        x = x + self.linear(f"{prefix}attention.project", y)
        y = ACTIVATIONS[activation](self.linear(f"{prefix}expand", self.norm(f"{prefix}ffn_norm", x, eps)))
        return x + self.linear(f"{prefix}project", y)


def inverted_residual(layers, x, spec):
    act = spec["activation"]
    y = x if spec["expansion"] == 1 else layers.conv_norm("expand", x, act)
    y = layers.conv_norm("depthwise", y, act, stride=spec["stride"], groups=y.shape[1])
    y = layers.conv_norm("project", y)
    return x + y if spec["stride"] == 1 and x.shape[1] == y.shape[1] else y


def basic_block(layers, x, spec):
    y = layers.conv_norm("conv1", x, "relu", stride=spec["stride"])
    y = layers.conv_norm("conv2", y)
    if layers.get("shortcut.weight") is not None:
        x = layers.conv_norm("shortcut", x, stride=spec["stride"])
    return F.relu(x + y)


def shuffle_unit(layers, x, spec):
    stride = spec["stride"]
    if stride == 1:
        passed, taken = x.chunk(2, 1)
    else:
        passed = layers.conv_norm("shortcut_depthwise", x, stride=stride, groups=x.shape[1])
        passed, taken = layers.conv_norm("shortcut_project", passed, "relu"), x
    y = layers.conv_norm("reduce", taken, "relu")
    y = layers.conv_norm("depthwise", y, stride=stride, groups=y.shape[1])
    y = layers.conv_norm("project", y, "relu")
    return torch.stack([passed, y], 2).flatten(1, 2)


def patches(layers, x, spec):
    if spec["norm"] == "before":
        x = layers.norm_map("norm", x)
    y = layers.conv("conv", x, stride=spec["stride"])
    return layers.norm_map("norm", y) if spec["norm"] == "after" else y


def mlp(layers, x):
    return layers.conv("project", F.gelu(layers.conv("expand", layers.norm_map("norm", x))))


def convnext(layers, x, spec):
    y = layers.conv("depthwise", x, padding=spec["kernel"] // 2, groups=x.shape[1])
    return x + layers.get("layer_scale.gamma") * mlp(layers, y)


def fourier_code(height, width, half=32):
    """Sines and cosines of rows, then of columns: [height * width, 2 * half]."""

    def along(length):
        place = torch.arange(1, length + 1, dtype=torch.float64) / (length + 1e-6) * 2 * math.pi
        wave = 10000 ** (2 * torch.div(torch.arange(half), 2, rounding_mode="floor") / half)
        angle = place[:, None] / wave
        return torch.where(torch.arange(half) % 2 == 0, angle.sin(), angle.cos())

    rows = along(height)[:, None].expand(height, width, half)
    columns = along(width)[None].expand(height, width, half)
    return torch.cat([rows, columns], 2).reshape(height * width, 2 * half).float()


def sdta(layers, x, spec):
    n, channels, height, width = x.shape
    parts = list(x.chunk(spec["scales"], 1))
    for i in range(spec["scales"] - 1):
        y = parts[i] if i == 0 else parts[i - 1] + parts[i]
        parts[i] = layers.conv(f"scales.{i}", y, padding=1, groups=y.shape[1])
    tokens = torch.cat(parts, 1).flatten(2).transpose(1, 2)
    if spec.get("positions"):
        tokens = tokens + layers.linear("positions", fourier_code(height, width))
    heads = spec["heads"]
    qkv = layers.linear("xca.qkv", layers.norm("xca_norm", tokens))
    q, k, v = qkv.reshape(n, height * width, 3, heads, channels // heads).permute(2, 0, 3, 4, 1)
    scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
    y = (scores * layers.get("xca.temperature")).softmax(-1) @ v
    y = layers.linear("xca.project", y.permute(0, 3, 1, 2).reshape(n, height * width, channels))
    tokens = tokens + layers.get("xca_scale.gamma") * y
    y = tokens.transpose(1, 2).reshape(n, channels, height, width)
    return x + layers.get("layer_scale.gamma") * mlp(layers, y)


def mobilevit(layers, x, spec):
    side = spec["patch"]
    y = layers.conv("embed", layers.conv_norm("local", x, "silu"))
    out = torch.empty_like(y)
    # The positions at one place of all patches are a sequence of their own.
    for row in range(side):
        for column in range(side):
            place = y[:, :, row::side, column::side]
            tokens = place.flatten(2).transpose(1, 2)
            for i in range(spec["depth"]):
                tokens = layers.encoder(f"encoders.{i}.", tokens, spec["heads"], "silu", 1e-5)
            tokens = layers.norm("norm", tokens, 1e-5)
            out[:, :, row::side, column::side] = tokens.transpose(1, 2).reshape(place.shape)
    y = layers.conv_norm("project", out, "silu")
    return layers.conv_norm("fusion", torch.cat([x, y], 1), "silu")


def patch_tokens(layers, x, spec):
    tokens = layers.conv("patches", x, stride=spec["stride"]).flatten(2).transpose(1, 2)
    first = layers.get("class_token").expand(len(x), -1, -1)
    return torch.cat([first, tokens], 1) + layers.get("positions")


BLOCKS = {
    "basic-block": basic_block,
    "conv-norm": lambda layers, x, spec: layers.conv_norm("conv", x, spec["activation"], stride=spec["stride"]),
    "convnext": convnext,
    "encoder": lambda layers, x, spec: layers.encoder("", x, spec["heads"], "gelu", 1e-6),
    "head": lambda layers, x, spec: layers.classify(x.mean((2, 3))),
    "inverted-residual": inverted_residual,
    "max-pool": lambda layers, x, spec: F.max_pool2d(x, spec["kernel"], spec["stride"], spec["kernel"] // 2),
    "mobilevit": mobilevit,
    "norm-head": lambda layers, x, spec: layers.classify(layers.norm("norm", x.mean((2, 3)))),
    "patch-tokens": patch_tokens,
    "patches": patches,
    "sdta": sdta,
    "shuffle-unit": shuffle_unit,
    "token-head": lambda layers, x, spec: layers.classify(layers.norm("norm", x)[:, 0]),
}


def load_safetensors(path):
    """As safetensors.torch.load_file does: https://github.com/huggingface/safetensors"""
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(data[start:end], dtype=torch.float32).reshape(entry["shape"])
    return tensors


def judge(folder):
    shapes = json.loads((folder / "shapes.json").read_text())

    def read(name):
        values = torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=torch.float32)
        return values.reshape(shapes[name])

    weights = load_safetensors(folder / "weights.safetensors")
    x = read("images")
    with torch.no_grad():
        for block in json.loads((folder / "blocks.json").read_text()):
            spec = block["spec"]
            x = BLOCKS[spec["kind"]](Layers(weights, block["name"]), x, spec)
    expected = read("logits")
    return {
        "difference": (x - expected).abs().max().item(),
        "largest": expected.abs().max().item(),
    }


for argument in sys.argv[1:]:
    print(json.dumps({"folder": argument, **judge(Path(argument))}), flush=True)
