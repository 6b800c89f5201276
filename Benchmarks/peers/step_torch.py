"""Steps of PyTorch on demand: training, or running a network (serve.py says how it answers).

Channels-last always. Compiled inference is frozen: weights folded and packed once. In bf16, training is autocast;
inference is autocast too, or with --cast the whole network is bf16.

usage: step_torch.py train|run NETWORK SIZE BATCH STEPS [--precision fp32|bf16] [--compile] [--cast] [--plain]
"""

import argparse
import ctypes
import gc
import os

import torch
from torch.nn import functional as F

from cbam_torch import network, settled
from serve import serve


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("mode", choices=["train", "run"])
    p.add_argument("network")
    for name in ("size", "batch", "steps"):
        p.add_argument(name, type=int)
    p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--cast", action="store_true")
    p.add_argument("--plain", action="store_true", help="without attention")
    return p.parse_args()


def trainer(model, images, a):
    labels = torch.randint(0, 10, (a.batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    model.train()
    forward = torch.compile(model) if a.compile else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            loss = F.cross_entropy(forward(images), labels)
        loss.backward()
        optimizer.step()

    if a.compile:
        # The compiler's own memory is not the step's: compile first, then give back what the step took.
        step()
        optimizer.zero_grad(set_to_none=True)
        optimizer.state.clear()
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
    return step


def runner(model, images, a):
    model.eval()
    if a.cast:
        model, images = model.to(torch.bfloat16), images.to(torch.bfloat16)
    if a.compile:
        from torch._inductor import config

        config.freezing = True
        model = torch.compile(model)
    is_autocast = a.precision == "bf16" and not a.cast

    def step():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=is_autocast):
            return model(images)

    return step


def main():
    a = arguments()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    if a.mode == "train" or a.plain:
        model = network(a.network, attention=not a.plain)
    else:
        model = settled(a.network, a.size)
    model = model.to(memory_format=torch.channels_last)
    images = torch.randn(a.batch, 3, a.size, a.size).to(memory_format=torch.channels_last)
    step = (trainer if a.mode == "train" else runner)(model, images, a)

    def steps(count):
        for _ in range(count):
            step()
        return a.batch * count

    serve(torch.__version__, lambda: steps(3), lambda: steps(a.steps), a.precision)


if __name__ == "__main__":
    main()
