#!/usr/bin/env python3
"""Fovea and PyTorch side by side, in one run: alternating samples, medians, and their ratio.

Each side is a process that waits for a line, runs some steps, and answers with images per second; so both live
through the same minutes of a machine whose speed drifts, and neither works while the other is timed.

usage: compare.py [--samples N] [--compile] [CASE ...]      (no case: all)

Needs Python with torch (pip install torch==2.13.0+cpu) and a release build of this package; `make compare` in the
project's root does both.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# name: mode, network, image size, batch, steps a sample
CASES = {
    "train-resnet20": ("train", "resnet20", 32, 128, 3),
    "train-resnet18-cifar": ("train", "resnet18-cifar", 32, 32, 2),
    "train-resnet18": ("train", "resnet18", 224, 16, 1),
    "run-resnet20": ("run", "resnet20", 32, 128, 5),
    "run-resnet20-single": ("run", "resnet20", 32, 1, 200),
    "run-resnet18": ("run", "resnet18", 224, 16, 3),
    "run-resnet18-single": ("run", "resnet18", 224, 1, 20),
    "run-resnet50": ("run", "resnet50", 224, 8, 2),
    "run-resnet50-single": ("run", "resnet50", 224, 1, 10),
}


class Side:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().split()
        if not ready or ready[0] != "ready":
            raise SystemExit(f"{command[0]} did not start")
        self.version = ready[1]

    def sample(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def processor():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    p.add_argument("--samples", type=int, default=9)
    p.add_argument("--compile", action="store_true", help="torch.compile the peer")
    a = p.parse_args()
    print(f"{processor()}, {len(os.sched_getaffinity(0))} processors, medians of {a.samples} alternating samples, images/s")
    print(f"{'case':24} {'fovea':>9} {'torch':>9} {'ratio':>7}   ratio, sample by sample")
    for name in a.cases or CASES:
        if name not in CASES:
            raise SystemExit(f"no case is called {name}; there are {', '.join(CASES)}")
        arguments = [str(x) for x in CASES[name]]
        ours = Side([os.path.join(HERE, ".build/release/step"), *arguments])
        peer = Side(
            [sys.executable, os.path.join(HERE, "peers/step_torch.py"), *arguments]
            + (["--compile"] if a.compile else []))
        for side in (ours, peer):
            side.sample()
        pairs = [(ours.sample(), peer.sample()) for _ in range(a.samples)]
        mine, theirs = (statistics.median(x) for x in zip(*pairs))
        ratios = sorted(x / y for x, y in pairs)
        print(
            f"{name:24} {mine:9.1f} {theirs:9.1f} {statistics.median(ratios):7.2f}   "
            f"{ratios[0]:.2f} to {ratios[-1]:.2f}  (torch {peer.version})", flush=True)
        ours.close()
        peer.close()


main()
