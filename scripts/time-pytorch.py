"""Scores networks in PyTorch, eager, and says how long it took.

    python3 scripts/time-pytorch.py THREADS

Reads requests, a line of JSON each, and answers each by a line: `load` takes files of
exported source by a name; `entropy` and `logsynflow` score a list of names. As a search
would, the module is built anew for each, with random weights. Both are written as fast as
we know how: default weights, which are thrown away, are not drawn, nothing is recorded
for gradients that are not asked for, sums are taken in place. Needs PyTorch (Debian:
python3-torch).
"""

import importlib.util
import json
import os
import re
import struct
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = ("relu", "relu6", "gelu", "silu", "hardswish")
# 0 ln 0 is 0, as in entropic-score.ts.
TINY = 1e-37

sources = {}


def load_source(name, path):
    """The one public class of a file."""
    spec = importlib.util.spec_from_file_location(f"network_{len(sources)}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (public,) = module.__all__
    sources[name] = getattr(module, public)


@contextmanager
def replaced(*replacements):
    """Attributes of modules and classes, put back at the end."""
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)


def nothing(module):
    pass


def identity(x, *_args, **_options):
    return x


def build(name):
    """A module whose weights are drawn once, by the source's own rule."""
    with replaced(
        (nn.modules.conv._ConvNd, "reset_parameters", nothing),
        (nn.Linear, "reset_parameters", nothing),
    ):
        return sources[name]()


def entropy(x):
    magnitudes = x.flatten(1).abs()
    sums = magnitudes.sum(1)
    weighted = (magnitudes + TINY).log_().mul_(magnitudes).sum(1)
    return (sums.log() - weighted / sums).mean()


def entropic_score(model, images):
    """Mean entropy of what enters a nonlinearity, normalisations in training mode."""
    entropies = []

    def observed(activation):
        def observe(x, *args, **options):
            entropies.append(entropy(x))
            return activation(x, *args, **options)

        return observe

    hooks = [(F, name, observed(getattr(F, name))) for name in ACTIVATIONS]
    with replaced(*hooks):
        model(images)
    return torch.stack(entropies).mean().item()


def uniform(x, dim):
    return torch.full_like(x, 1.0 / x.shape[dim])


def logsynflow(model, images):
    """Sum of |w| ln(1 + dR/dw) in the linearised network, by gradients."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.abs_()
    layers = (nn.Conv2d, nn.Linear)
    weights = [m.weight for m in model.modules() if isinstance(m, layers)]
    linear = [(F, name, identity) for name in ACTIVATIONS]
    norms = [(norm, "forward", lambda _, x: x) for norm in (nn.BatchNorm2d, nn.LayerNorm)]
    with replaced(*linear, *norms, (torch, "softmax", uniform)):
        gradients = torch.autograd.grad(model(images).sum(), weights)
    with torch.no_grad():
        terms = [(w * g.log1p_()).sum() for w, g in zip(weights, gradients)]
        return torch.stack(terms).sum().item()


def timed(names, prepare, score):
    """Milliseconds and scores of all, one after the other."""
    built = 0.0
    scores = []
    cpu = time.process_time()
    start = time.perf_counter()
    for name in names:
        before = time.perf_counter()
        model = prepare(name)
        built += time.perf_counter() - before
        scores.append(score(model))
        del model
    wall = time.perf_counter() - start
    cpu = time.process_time() - cpu
    return {"ms": 1e3 * wall, "build": 1e3 * built, "cpu": 1e3 * cpu, "scores": scores}


def load_safetensors(path):
    """As safetensors.torch.load_file does: https://github.com/huggingface/safetensors"""
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            values = torch.frombuffer(data[start:end], dtype=torch.float32)
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def answer(request):
    kind = request["kind"]
    if kind == "load":
        for name, path in request["files"].items():
            load_source(name, path)
        return {}
    if kind == "entropy":
        shape = request["shape"]
        images = request.get("images")
        if images is None:
            x = torch.randn(shape)
        else:
            x = torch.frombuffer(bytearray(Path(images).read_bytes()), dtype=torch.float32)
        x = x.reshape(shape)

        def prepare(name):
            model = build(name)
            if "weights" in request:
                model.load_state_dict(load_safetensors(request["weights"]))
            return model

        with torch.inference_mode():
            return timed(request["names"], prepare, lambda m: entropic_score(m, x))
    if kind == "logsynflow":
        torch.set_default_dtype(torch.float64)
        try:
            ones = torch.ones(request["shape"])
            return timed(request["names"], build, lambda m: logsynflow(m, ones))
        finally:
            torch.set_default_dtype(torch.float32)
    raise ValueError(f"no request of the kind {kind}")


def blas():
    """The library that matrices are multiplied by, as far as the system tells."""
    maps = Path("/proc/self/maps")
    text = maps.read_text() if maps.exists() else ""
    found = re.findall(r"\S*(?:blas|mkl)\S*\.so\S*", text)
    return os.path.basename(os.path.realpath(found[0])) if found else "unknown"


torch.set_num_threads(int(sys.argv[1]))
torch.set_num_interop_threads(1)
print(json.dumps({"torch": torch.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
