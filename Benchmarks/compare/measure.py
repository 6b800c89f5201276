"""Alternating samples, and what they say."""

import statistics
from dataclasses import dataclass, field

from sides import SideFailed


@dataclass(frozen=True)
class Sample:
    rate: float
    #: the probe's, GFLOP/s, around it
    probed: float


@dataclass
class PeerResult:
    name: str
    family: str
    version: str
    rate: float
    #: medians, least and largest of Fovea's rate over this peer's, round by round
    ratio: float
    least: float
    largest: float


@dataclass
class Result:
    case: str
    precision: str
    unit: str
    rate: float = 0.0
    version: str = ""
    peers: list = field(default_factory=list)
    floor: float | None = None
    rounds: int = 0
    repeated: int = 0
    #: the probe's median beside Fovea's samples, GFLOP/s: low where something else ran all the time
    probed: float | None = None
    against: str = ""
    #: bytes: Fovea, then each PyTorch setting
    memory: int | None = None
    peer_memory: dict = field(default_factory=dict)
    memory_floor: float | None = None
    #: seconds
    within: float | None = None
    notes: list = field(default_factory=list)

    @property
    def fastest(self):
        """Of those that the floor is about."""
        peers = [peer for peer in self.peers if self.against in ("", peer.family)]
        return min(peers, key=lambda peer: peer.ratio)

    @property
    def holds(self):
        return None if self.floor is None else self.fastest.ratio >= self.floor

    @property
    def memory_ratio(self):
        """To the more frugal of PyTorch's settings that show it."""
        if self.memory is None or not self.peer_memory:
            return None
        return self.memory / min(self.peer_memory.values())


class Meter:
    """Samples between two probes of the machine's speed; a sample counts only where the two agree within a tenth."""

    def __init__(self, probe, log, tries=8):
        self.probe, self.log, self.tries, self.repeated = probe, log, tries, 0

    def sample(self, side):
        """None where the machine did not keep still."""
        for _ in range(self.tries):
            before = self.probe.rate()
            rate = side.sample()
            side.settle()
            after = self.probe.rate()
            is_still = abs(before - after) <= 0.1 * max(before, after)
            again = "" if is_still else ", again"
            self.log(f"{side.name}: {rate:.1f} between {before:.0f} and {after:.0f} GFLOP/s{again}")
            if is_still:
                return Sample(rate, (before + after) / 2)
            self.repeated += 1
        return None

    def rounds(self, sides, count):
        """Every side once a round, forwards and backwards in turn."""
        taken = []
        for index in range(count):
            order = sides if index % 2 == 0 else sides[::-1]
            taken.append({side.name: self.sample(side) for side in order})
        return taken


def ratios(rounds, name, other):
    """Round by round, where both samples count and the machine was about as fast for the one as for the other."""
    pairs = [(r[name], r[other]) for r in rounds if r[name] and r[other]]
    return [a.rate / b.rate for a, b in pairs if abs(a.probed - b.probed) <= 0.2 * max(a.probed, b.probed)]


def median(rounds, name, value):
    return statistics.median(getattr(r[name], value) for r in rounds if r[name])


def champion(meter, makers, notes, on_close, rounds=3):
    """The fastest of one family's settings. Each challenges the best so far, side by side, so that at most two of them
    are alive at a time. A setting that fails is noted and passed by."""
    best = None
    for make in makers:
        try:
            challenger = make()
        except SideFailed as failure:
            notes.append(str(failure))
            continue
        try:
            if best is None:
                challenger.sample()
                best = challenger
                continue
            won = ratios(meter.rounds([best, challenger], rounds), challenger.name, best.name)
        except SideFailed as failure:
            notes.append(str(failure))
            best = best if best and best.is_alive else None
            if best is None and challenger.is_alive:
                best = challenger
            elif best:
                challenger.close()
            continue
        loser = best if won and statistics.median(won) > 1 else challenger
        best = challenger if loser is best else best
        on_close(loser)
        loser.close()
    return best


def final(meter, ours, peers, samples):
    """Fovea and each family's champion, a dictionary by family, in rotation: medians of Fovea's rate and of the probe
    beside it, and what holds for each peer."""
    rounds = meter.rounds([ours, *peers.values()], samples)
    results = []
    for family, peer in peers.items():
        found = ratios(rounds, ours.name, peer.name)
        if len(found) < min(3, samples):
            raise SideFailed(
                f"the machine did not keep still: {len(found)} of {samples} rounds count against {peer.name}")
        rate = median(rounds, peer.name, "rate")
        results.append(
            PeerResult(peer.name, family, peer.version, rate, statistics.median(found), min(found), max(found)))
    return median(rounds, ours.name, "rate"), median(rounds, ours.name, "probed"), results
