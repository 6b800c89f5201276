"""Results as a table for people, Markdown, or JSON."""

import dataclasses
import json


def rate(value, unit):
    return f"{1 / value:.3f} s" if unit == "s" else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def verdict(holds):
    return {True: "holds", False: "does not hold", None: "no floor"}[holds]


def version(side):
    return f"   ({side.version})" if side.version else ""


def megabytes(size):
    return f"{size / 1e6:.0f} MB"


def lines(result):
    """One case as text, a line a peer."""
    if result.peers:
        repeated = f", {result.repeated} samples repeated, probe at {result.probed:.0f} GFLOP/s"
        yield f"{result.case} {result.precision}: Fovea {rate(result.rate, result.unit)}{version(result)}{repeated}"
        for peer in sorted(result.peers, key=lambda p: p.ratio):
            yield (
                f"    {peer.name:32} {rate(peer.rate, result.unit):>9}  ratio {peer.ratio:5.2f}   "
                f"{peer.least:.2f} to {peer.largest:.2f}{version(peer)}")
        if result.floor is not None:
            yield f"    floor {result.floor} against {result.fastest.name}: {verdict(result.holds)}"
        if result.within is not None:
            yield f"    an answer within {result.within} s: {verdict(1 / result.rate <= result.within)}"
    if result.memory_ratio is not None:
        name, least = min(result.peer_memory.items(), key=lambda item: item[1])
        yield (
            f"    peak memory {megabytes(result.memory)}, {name} {megabytes(least)}: ratio {result.memory_ratio:.2f}"
            + (f", at most {result.memory_floor}: {verdict(result.memory_ratio <= result.memory_floor)}"
               if result.memory_floor else ""))
    if not result.peers:
        yield f"{result.case} {result.precision}: not measured"
    for note in result.notes:
        yield f"    note: {note}"


def markdown(machine, results):
    yield f"{machine['processor']}, {machine['threads']} threads, medians of {machine['samples']} alternating samples."
    yield ""
    yield "| case | precision | Fovea | fastest peer | its rate | ratio | least to largest | floor | |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for r in results:
        if not r.peers:
            yield f"| {r.case} | {r.precision} | not measured | | | | | {r.floor or ''} | {'; '.join(r.notes)} |"
            continue
        for peer in sorted(r.peers, key=lambda p: p.ratio):
            judged = peer is r.fastest
            floor, holds = (r.floor or "", verdict(r.holds)) if judged else ("", "")
            yield (
                f"| {r.case} | {r.precision} | {rate(r.rate, r.unit)} | {peer.name} | {rate(peer.rate, r.unit)} "
                f"| {peer.ratio:.2f} | {peer.least:.2f} to {peer.largest:.2f} | {floor} | {holds} |")
        if r.within is not None:
            yield (
                f"| {r.case}, time | {r.precision} | {rate(r.rate, r.unit)} | | | | | within {r.within} s "
                f"| {verdict(1 / r.rate <= r.within)} |")
        if r.memory_ratio is not None:
            name, least = min(r.peer_memory.items(), key=lambda item: item[1])
            yield (
                f"| {r.case}, peak memory | {r.precision} | {megabytes(r.memory)} | {name} | {megabytes(least)} "
                f"| {r.memory_ratio:.2f} | | at most {r.memory_floor} | {verdict(r.memory_ratio <= r.memory_floor)} |")


def as_json(machine, results):
    rows = [
        {**dataclasses.asdict(r), "memory_ratio": r.memory_ratio, "fastest": r.fastest.name if r.peers else None,
         "ratio": r.fastest.ratio if r.peers else None, "holds": r.holds if r.peers else None}
        for r in results]
    return json.dumps({"machine": machine, "results": rows}, indent=1, ensure_ascii=False) + "\n"
