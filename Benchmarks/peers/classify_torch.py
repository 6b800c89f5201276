"""One photograph's class with PyTorch and Pillow, from a cold start: what `fovea classify MODEL PHOTO` does.

usage: classify_torch.py NETWORK SIZE WEIGHTS.pt PHOTO
"""

import sys

import torch

import photos
from cbam_torch import network

name, size, weights, photo = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
with torch.device("meta"):
    model = network(name)
model.load_state_dict(torch.load(weights, mmap=True), assign=True)
model.eval()
with torch.inference_mode():
    image = torch.from_numpy(photos.pillow(photo, size).copy()).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (photos.MEAN, photos.STD))
    print(photo, model((image - mean) / std).argmax(1).item())
