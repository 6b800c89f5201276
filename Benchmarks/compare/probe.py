"""How fast the machine is at this moment: pure multiply-adds on every processor, for some milliseconds."""

import ctypes
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Sources", "CProbe")


def compiled(folder):
    """The library of CProbe, made by the clang that comes with Swift."""
    source, library = os.path.join(SOURCES, "probe.c"), os.path.join(folder, "libprobe.so")
    if os.path.exists(library) and os.path.getmtime(library) >= os.path.getmtime(source):
        return library
    swift = shutil.which("swift")
    beside = os.path.join(os.path.dirname(os.path.realpath(swift)), "clang") if swift else None
    clang = beside if beside and os.path.exists(beside) else shutil.which("clang")
    if not clang:
        raise SystemExit("the probe needs clang, which comes with Swift: put 'swift' on the PATH")
    subprocess.run([clang, "-O2", "-shared", "-fPIC", f"-I{SOURCES}/include", source, "-o", library], check=True)
    return library


def vector_width():
    with open("/proc/cpuinfo") as info:
        flags = next((line.split() for line in info if line.startswith("flags")), [])
    return 16 if "avx512f" in flags else 8 if "avx2" in flags and "fma" in flags else 4


class Probe:
    def __init__(self, folder, seconds=0.02):
        self.function = ctypes.CDLL(compiled(folder)).fovea_probe
        self.function.restype = ctypes.c_double
        self.function.argtypes = [ctypes.c_int, ctypes.c_long]
        self.width = vector_width()
        # A thread for every processor, bound to it: in so short a time the scheduler may leave two on one.
        self.pools = [
            ThreadPoolExecutor(1, initializer=os.sched_setaffinity, initargs=(0, {processor}))
            for processor in sorted(os.sched_getaffinity(0))]
        self.threads = len(self.pools)
        self.steps = 1_000_000
        # The first rounds start threads and wake the clock up.
        fastest = max(self.rate() for _ in range(5))
        self.steps = int(seconds * fastest * 1e9 / (24 * self.width * self.threads))

    def rate(self):
        """GFLOP/s, all processors together."""
        start = time.perf_counter()
        # ctypes lets go of the interpreter's lock, so the threads run side by side.
        runs = [pool.submit(self.function, self.width, self.steps) for pool in self.pools]
        operations = sum(run.result() for run in runs)
        return operations / (time.perf_counter() - start) * 1e-9
