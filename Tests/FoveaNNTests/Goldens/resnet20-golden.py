"""Packs the images and the published logits for the test of the published ResNet-20 into one file.

    python3 resnet20-golden.py ORDER.tsv LOGITS.npy OUT/images.safetensors

ORDER.tsv has a line per image, number and path relative to it; LOGITS.npy holds float32 [N, 10] for its first N lines.
Beside images.safetensors the folder that FOVEA_RESNET20_GOLDEN names needs the weights as weights.safetensors. Needs
numpy and Pillow.
"""

import json
import os
import struct
import sys

import numpy
from PIL import Image

order, logits_path, out = sys.argv[1:4]
logits = numpy.load(logits_path)
folder = os.path.dirname(order)
paths = [line.rstrip("\n").split("\t")[1] for line in open(order)][: len(logits)]
images = numpy.stack([numpy.asarray(Image.open(os.path.join(folder, p)).convert("RGB")) for p in paths])
header = json.dumps(
    {
        "logits": {"dtype": "F32", "shape": logits.shape, "data_offsets": [0, logits.nbytes]},
        "images": {
            "dtype": "U8",
            "shape": images.shape,
            "data_offsets": [logits.nbytes, logits.nbytes + images.nbytes],
        },
    }
).encode()
with open(out, "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + logits.astype("<f4").tobytes() + images.tobytes())
