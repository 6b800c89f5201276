"""Classifies a folder of photographs with PyTorch and Pillow on demand (serve.py says how it answers).

The clock starts when all is imported, loaded and compiled, and the workers run.

usage: folder_torch.py NETWORK SIZE WEIGHTS.pt FOLDER WORKERS [--compile]
"""

import os
import sys

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import photos
from cbam_torch import network
from serve import serve

BATCH = 16


class Photos(Dataset):
    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return torch.from_numpy(photos.pillow(self.paths[index], self.size).copy())


def main():
    name, size, weights, folder, workers = sys.argv[1], int(sys.argv[2]), *sys.argv[3:5], int(sys.argv[5])
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = network(name)
    model.load_state_dict(torch.load(weights))
    model = model.eval().to(memory_format=torch.channels_last)
    if "--compile" in sys.argv:
        from torch._inductor import config

        config.freezing = True
        model = torch.compile(model)
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (photos.MEAN, photos.STD))
    paths = photos.files(folder)
    loader = DataLoader(
        Photos(paths, size), batch_size=BATCH, num_workers=workers, persistent_workers=workers > 0)

    def sample():
        classes = []
        with torch.inference_mode():
            for batch in loader:
                count = len(batch)
                # A shorter last batch would be compiled anew.
                if count < BATCH:
                    batch = torch.cat([batch, batch[-1:].expand(BATCH - count, -1, -1, -1)])
                x = (batch.permute(0, 3, 1, 2).float() / 255 - mean) / std
                classes += np.asarray(model(x).argmax(1))[:count].tolist()
        return len(classes)

    serve(torch.__version__, sample, sample)


main()
