"""How every side of the comparison answers on demand.

A side says `built` when all is there but nothing has run, waits for a line, warms up, and says `ready VERSION
PRECISION`. From then on it answers every line with a rate, until its input ends.
"""

import sys
import time


def serve(version, warm_up, sample, precision="fp32"):
    """`sample` does some work and returns how many images it was."""
    print("built", flush=True)
    if not sys.stdin.readline():
        return
    warm_up()
    print("ready", version, precision, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        images = sample()
        print(images / (time.perf_counter() - start), flush=True)
