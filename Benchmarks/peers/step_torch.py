"""Times PyTorch on demand: reads a line, runs some steps, prints images per second, until its input ends.

usage: step_torch.py train|run NETWORK SIZE BATCH STEPS [--plain] [--compile]
"""

import sys
import time

import torch
from torch.nn import functional as F

from cbam_torch import network


def main():
    mode, name, size, batch, steps = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    torch.manual_seed(1)
    torch.set_num_threads(2)
    model = network(name, attention="--plain" not in sys.argv).to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    forward = torch.compile(model) if "--compile" in sys.argv else model

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(forward(images), labels)
        loss.backward()
        optimizer.step()

    def run():
        with torch.inference_mode():
            forward(images)

    step = train if mode == "train" else run
    model.train(mode == "train")
    for _ in range(3):
        step()
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        print(batch * steps / (time.perf_counter() - start), flush=True)


main()
