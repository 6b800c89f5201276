"""The sides of a comparison. Each answers `sample()` with a rate: images, or answers, a second.

A `Server` is a process that works only when asked, so that several can live through the same minutes of a machine
whose speed drifts, and none works while another is timed. A `Command` is started anew for every sample.
"""

import glob
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass


class SideFailed(Exception):
    pass


@dataclass(frozen=True)
class Setting:
    """A way to run a peer, not started yet."""

    name: str
    start: Callable

    def __call__(self):
        return self.start(self.name)


class Server:
    def __init__(self, name, command, precision="fp32", environment=None):
        self.name = name
        # Other allocators keep what they were given back, so that what a step takes does not show.
        self.shows_memory = environment is None or not allocates_otherwise(environment)
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env={**os.environ, **(environment or {})})
        self.anonymous_before = None
        words = self.answer()
        if words[0] == "built":
            self.anonymous_before = self.memory("RssAnon")
            self.reset_peak()
            words = self.ask()
        if words[0] != "ready" or len(words) < 2:
            raise self.failure(f"said {' '.join(words)!r} where 'ready' was expected")
        self.version = words[1]
        if (words[2] if len(words) > 2 else "fp32") != precision:
            raise self.failure(f"does not know --precision {precision}")

    def sample(self):
        return float(self.ask()[0])

    def ask(self):
        try:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def answer(self):
        words = self.process.stdout.readline().split()
        if not words:
            raise self.failure("ended")
        return words

    def failure(self, what):
        self.close()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        return SideFailed(f"{self.name} {what}" + (f": {lines[-1]}" if lines else ""))

    def close(self):
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def settle(self):
        """Waits until the process no longer works. The threads of some engines spin for up to a second before they
        sleep, in the way of the probe and of whoever is sampled next."""
        before = self.processor_time()
        for _ in range(200):
            time.sleep(0.01)
            now = self.processor_time()
            if now - before < 500_000:
                return
            before = now

    def processor_time(self):
        """Nanoseconds, of all threads."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            try:
                with open(path) as file:
                    total += int(file.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total

    @property
    def is_alive(self):
        return self.process.poll() is None and not self.process.stdin.closed

    # Memory

    def peak(self):
        """Bytes at most in use since `built`, beyond what was in use then, without pages of files: a library's code is
        mapped, not taken, and is touched piece by piece in the first step. None where the side did not say `built`, or
        has another allocator than glibc's."""
        if self.anonymous_before is None or not self.shows_memory:
            return None
        files = self.memory("RssFile") + self.memory("RssShmem")
        return self.memory("VmHWM") - files - self.anonymous_before

    def reset_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def memory(self, key):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key + ":"))


class Command:
    """The whole of a process, from its start to its end."""

    def __init__(self, name, command, images=1, version="", environment=None):
        self.name, self.command, self.images, self.version = name, command, images, version
        self.environment = {**os.environ, **(environment or {})}
        self.is_alive = True
        self.sample()

    def sample(self):
        start = time.perf_counter()
        done = subprocess.run(self.command, capture_output=True, text=True, env=self.environment)
        elapsed = time.perf_counter() - start
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise SideFailed(f"{self.name} ended with status {done.returncode}: {lines[-1]}")
        return self.images / elapsed

    def settle(self):
        pass

    def peak(self):
        return None

    def close(self):
        pass


def allocates_otherwise(environment):
    return any(key == "LD_PRELOAD" or key.startswith("MALLOC_") for key in environment)


def allocators():
    """Ways to allocate, as environments: glibc's; glibc's without giving memory back, so that nothing is faulted in
    twice; and jemalloc and tcmalloc where they are installed."""
    found = {
        "": {},
        "tuned": {
            "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(64 << 20)},
    }
    folders = ["/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"]
    libraries = {"jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4"}
    for name, library in libraries.items():
        paths = [path for folder in folders for path in glob.glob(os.path.join(folder, library))]
        if paths:
            found[name] = {"LD_PRELOAD": paths[0]}
    if "jemalloc" in found:
        found["jemalloc"]["MALLOC_CONF"] = (
            "oversize_threshold:1,background_thread:true,metadata_thp:auto,dirty_decay_ms:-1,muzzy_decay_ms:-1")
    return found
