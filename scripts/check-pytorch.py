"""Holds exported PyTorch sources against ONNX Runtime, and trains them for ten steps.

    python3 scripts/check-pytorch.py FOLDER [...]
    python3 scripts/check-pytorch.py --train FOLDER [...]
    python3 scripts/check-pytorch.py --gradients FOLDER [...]

A folder holds `model.py` and `weights.safetensors`; `runs.json` lists the shapes of
images that ONNX Runtime was given, and files of float32 with them and with its logits.
For gradients, `batch.json`,
`images`, `targets` and `gradients.safetensors` hold one batch and what was found of it.
One line of JSON a folder. Needs PyTorch (Debian: python3-torch).
"""

import importlib.util
import inspect
import json
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

TYPES = {"F32": torch.float32}


def load_source(path):
    """The one public class of a file."""
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (name,) = module.__all__
    return getattr(module, name)


def load_safetensors(path):
    """As safetensors.torch.load_file does: https://github.com/huggingface/safetensors"""
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(data[start:end], dtype=TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def read(path, shape):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.float32).reshape(
        shape
    )


def judge(folder):
    model = load_source(folder / "model.py")()
    weights = load_safetensors(folder / "weights.safetensors")
    model.load_state_dict(weights, strict=True)
    model.eval()
    runs = []
    for run in json.loads((folder / "runs.json").read_text()):
        with torch.no_grad():
            logits = model(read(folder / run["images"], run["shape"]))
        expected = read(folder / run["logits"], logits.shape)
        runs.append(
            {
                "shape": run["shape"],
                "difference": (logits - expected).abs().max().item(),
                "largest": expected.abs().max().item(),
            }
        )
    keys = [
        key for key in model.state_dict() if not key.endswith("num_batches_tracked")
    ]
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "sameNames": sorted(keys) == sorted(weights),
        "runs": runs,
    }


def train(folder):
    torch.manual_seed(0)
    source = load_source(folder / "model.py")
    taken = inspect.signature(source).parameters
    rates = {name: 0.1 for name in ("dropout", "drop_path") if name in taken}
    model = source(num_classes=10, **rates)
    model.train()
    images = torch.randn(8, 3, 64, 64)
    labels = torch.randint(10, (8,))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(11):
        loss = F.cross_entropy(model(images), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"losses": losses}


def of_batch(folder, dtype):
    """Loss, gradients and statistics of one batch in training, by autograd."""
    model = load_source(folder / "model.py")()
    weights = load_safetensors(folder / "weights.safetensors")
    model.load_state_dict(weights, strict=True)
    model.to(dtype)
    model.train()
    for module in model.modules():
        # Running statistics that are the batch's.
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    batch = json.loads((folder / "batch.json").read_text())
    images = read(folder / "images", batch["images"]).to(dtype)
    targets = read(folder / "targets", batch["targets"]).to(dtype)
    loss = F.cross_entropy(model(images), targets, label_smoothing=batch["smoothing"])
    loss.backward()
    tensors = {name: p.grad for name, p in model.named_parameters()}
    tensors |= {n: b for n, b in model.named_buffers() if n.rpartition(".running_")[1]}
    return loss.item(), batch["loss"], tensors


def gradients(folder):
    """What was found of one batch against autograd in float64, and autograd in float32 too."""
    loss, found_loss, expected = of_batch(folder, torch.float64)
    _, _, rounded = of_batch(folder, torch.float32)
    found = load_safetensors(folder / "gradients.safetensors")
    # Gradients that are zero but for rounding, as of a bias before a normalisation.
    least = 1e-3 * max(tensor.abs().max().item() for tensor in expected.values())

    def difference(name, other):
        size = max(expected[name].abs().max().item(), least)
        return (other[name].double() - expected[name]).abs().max().item() / size

    names = expected.keys() & found.keys()
    return {
        "loss": abs(found_loss / loss - 1),
        "differences": {name: difference(name, found) for name in names},
        "rounding": max(difference(name, rounded) for name in names),
        "unmatched": sorted(expected.keys() ^ found.keys()),
    }


# A second thread waits more than it works where cores are shared.
torch.set_num_threads(1)
arguments = sys.argv[1:]
actions = {"--train": train, "--gradients": gradients}
action = actions.get(arguments[0], judge)
for folder in arguments[action is not judge :]:
    print(json.dumps({"folder": folder, **action(Path(folder))}), flush=True)
