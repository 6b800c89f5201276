#!/usr/bin/env python3
"""Fovea beside its peers, in one run: alternating samples, medians, ratios, and whether the floors hold.

usage: compare [--precision bf16] [--photos FOLDER] [--samples N] [--json FILE] [--markdown FILE] [CASE ...]
       compare --check

`make compare` in the project's root installs what is needed and builds; Benchmarks/README.md explains.
"""

import argparse
import os
import platform
import sys
import time
from fnmatch import fnmatchcase

import report
from cases import BY_NAME, select
from check import check
from measure import Meter, Result, champion, final
from peers import Workshop
from probe import Probe
from sides import SideFailed, allocators

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCHMARKS)


def arguments():
    p = argparse.ArgumentParser(prog="compare", description=__doc__.splitlines()[0])
    p.add_argument("cases", nargs="*", metavar="CASE", help=f"all by default: {', '.join(BY_NAME)}")
    p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--samples", type=int, default=9, help="rounds of each side's samples")
    p.add_argument(
        "--peers", metavar="PATTERN", action="append",
        help="only settings whose names hold this ('eager'), or with a * fit it ('*eager', without allocators); "
        "may be given several times")
    p.add_argument(
        "--photos", metavar="FOLDER", help="for the cases folder, prepare and start; by default generated ones")
    p.add_argument("--check", action="store_true", help="compare logits, not speed")
    p.add_argument("--start-only", action="store_true", help="start every side once: compiles and exports ahead")
    p.add_argument("--verbose", action="store_true", help="every sample, on standard error")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--markdown", metavar="FILE")
    p.add_argument("--fovea", default=os.path.join(ROOT, ".build/release/fovea"), help="the command")
    p.add_argument("--step", default=os.path.join(BENCHMARKS, ".build/release/step"), help="the program step")
    p.add_argument("--prepare", default=os.path.join(BENCHMARKS, ".build/release/prepare"), help="the program prepare")
    p.add_argument("--cache", default=os.path.join(BENCHMARKS, ".build/compare"), help="folder for exported networks")
    a = p.parse_args()
    for name in ("fovea", "step", "prepare", "cache"):
        setattr(a, name, os.path.abspath(getattr(a, name)))
    return a


def machine(a, probe):
    with open("/proc/cpuinfo") as info:
        lines = info.read().splitlines()

    def value(key):
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")

    flags = value("flags").split()
    return {
        "processor": value("model name") or platform.machine(), "threads": probe.threads, "samples": a.samples,
        "vector": {16: "AVX-512", 8: "AVX2", 4: "128 bits"}[probe.width], "gflops": round(probe.rate(), 1),
        "bf16": "avx512_bf16" in flags or "amx_bf16" in flags,
        "allocators": [name or "glibc" for name in allocators()]}


def settings(workshop, case, a):
    families = workshop.families(case, a.precision)
    patterns = [text.lower() if "*" in text else f"*{text.lower()}*" for text in a.peers or ["*"]]
    return {
        family: chosen for family, settings in families.items()
        if (chosen := [s for s in settings if any(fnmatchcase(s.name.lower(), p) for p in patterns)])}


def compare(case, workshop, probe, a):
    result = Result(
        case.name, a.precision, "s" if case.kind == "start" else "images/s", floor=case.floor.get(a.precision),
        against=case.against, memory_floor=case.memory, within=case.within)
    start = time.perf_counter()

    def log(text):
        if a.verbose:
            print(f"{time.perf_counter() - start:7.1f} s  {text}", file=sys.stderr, flush=True)

    meter = Meter(probe, log)
    ours, champions = None, {}

    def remember(side):
        peak = side.peak()
        if case.memory and peak is not None:
            result.peer_memory[side.name] = peak

    try:
        ours = workshop.ours(case, a.precision)
        for family, makers in settings(workshop, case, a).items():
            best = champion(meter, makers, result.notes, remember)
            if best:
                champions[family] = best
        if not champions:
            raise SideFailed("no peer could be measured")
        ours.sample()
        result.rate, result.probed, result.peers = final(meter, ours, champions, a.samples)
        result.version, result.rounds = ours.version, a.samples
        for side in champions.values():
            remember(side)
        result.memory = ours.peak() if case.memory else None
        if case.memory and result.memory is None:
            result.notes.append("no peak memory: Fovea's side did not say 'built' before its first step")
    except SideFailed as failure:
        result.notes.append(str(failure))
    finally:
        for side in [ours, *champions.values()]:
            if side:
                side.close()
    result.repeated = meter.repeated
    return result


def start_only(case, workshop, a):
    """Compilers and exporters leave their results in folders; what is measured later then starts quickly."""
    try:
        families = settings(workshop, case, a)
    except SideFailed as failure:
        print(f"{case.name}: {failure}")
        return
    for makers in families.values():
        for make in makers:
            try:
                side = make()
                side.close()
                print(f"{case.name}: {side.name} started", flush=True)
            except SideFailed as failure:
                print(f"{case.name}: {failure}", flush=True)


def main():
    a = arguments()
    os.makedirs(a.cache, exist_ok=True)
    workshop = Workshop(a.cache, a.step, a.prepare, a.fovea, a.photos)
    for program in {"fovea": a.fovea, "step": a.step}.items():
        if not os.path.exists(program[1]):
            raise SystemExit(f"{program[1]} is not there: build it with `make compare`, or name it with --{program[0]}")
    if a.check:
        sys.exit(0 if check(workshop) else 1)
    cases = select(a.cases, a.precision)
    if a.start_only:
        for case in cases:
            start_only(case, workshop, a)
        return
    probe = Probe(a.cache)
    about = machine(a, probe)
    print(
        f"{about['processor']}, {about['threads']} threads, {about['gflops']} GFLOP/s of multiply-adds "
        f"({about['vector']}), medians of {a.samples} alternating samples, images/s\n"
        f"allocators for PyTorch: {', '.join(about['allocators'])}")
    if a.precision == "bf16" and not about["bf16"]:
        print("this processor has no bf16 products: peers emulate them, and the ratios mean little")
    results = []
    for case in cases:
        results.append(compare(case, workshop, probe, a))
        print("\n".join(report.lines(results[-1])), flush=True)
        # After every case, so that an interrupted run leaves what it found.
        if a.json:
            with open(a.json, "w") as file:
                file.write(report.as_json(about, results))
        if a.markdown:
            with open(a.markdown, "w") as file:
                file.write("\n".join(report.markdown(about, results)) + "\n")


main()
