"""What is compared, against whom, and the ratio that must hold."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    #: train, run, prepare, folder or start
    kind: str
    network: str = ""
    size: int = 224
    batch: int = 1
    #: steps of one sample, about half a second of work
    steps: int = 1
    #: Fovea's least ratio to the fastest peer, by precision; a precision that is not here has none.
    floor: dict = field(default_factory=dict)
    #: Fovea's largest share of the peer's peak memory
    memory: float | None = None
    #: the one family of peers that the floor is about; all of them where it is empty
    against: str = ""
    #: the seconds within which Fovea must answer
    within: float | None = None
    #: the peer is Fovea with the same network without attention
    plain: bool = False

    @property
    def step_arguments(self):
        return [self.kind, self.network, str(self.size), str(self.batch), str(self.steps)]


CASES = [
    Case("train-resnet20", "train", "resnet20", 32, 128, 3, {"fp32": 1.7, "bf16": 1.3}, 0.5),
    Case("train-resnet18-cifar", "train", "resnet18-cifar", 32, 32, 2, {"fp32": 1.8, "bf16": 1.3}, 0.5),
    Case("train-resnet18", "train", "resnet18", 224, 16, 1, {"fp32": 1.8}, 0.5),
    Case("run-resnet20", "run", "resnet20", 32, 128, 5, {"fp32": 1.5, "bf16": 1.0}),
    Case("run-resnet20-single", "run", "resnet20", 32, 1, 200, {"fp32": 1.5, "bf16": 1.0}),
    Case("run-resnet18", "run", "resnet18", 224, 16, 2, {"fp32": 1.5, "bf16": 1.0}),
    Case("run-resnet18-single", "run", "resnet18", 224, 1, 20, {"fp32": 1.5, "bf16": 1.0}),
    Case("run-resnet50", "run", "resnet50", 224, 8, 2, {"fp32": 1.3, "bf16": 1.0}),
    Case("run-resnet50-single", "run", "resnet50", 224, 1, 10, {"fp32": 1.3, "bf16": 1.0}),
    Case("folder-resnet18", "folder", "resnet18", floor={"fp32": 1.5}),
    Case("prepare", "prepare", floor={"fp32": 2.0}, against="Pillow"),
    Case("prepare-draft", "prepare", floor={"fp32": 1.5}),
    # An answer within a tenth of the time that importing PyTorch takes.
    Case("start-import", "start", "resnet50", floor={"fp32": 10.0}, within=0.15),
    Case("start-script", "start", "resnet50", floor={"fp32": 10.0}, within=0.15),
    # Attention costs less than a tenth.
    Case("attention-train-resnet20", "train", "resnet20", 32, 128, 3, {"fp32": 0.9}, plain=True),
    Case("attention-train-resnet18", "train", "resnet18", 224, 16, 1, {"fp32": 0.9}, plain=True),
    Case("attention-run-resnet20", "run", "resnet20", 32, 128, 5, {"fp32": 0.9}, plain=True),
    Case("attention-run-resnet18", "run", "resnet18", 224, 16, 2, {"fp32": 0.9}, plain=True),
    Case("attention-run-resnet50", "run", "resnet50", 224, 8, 2, {"fp32": 0.9}, plain=True),
]

#: The cases that decide how every image is prepared have nothing to compute in bf16.
PRECISIONS = {"train": ["fp32", "bf16"], "run": ["fp32", "bf16"]}

BY_NAME = {case.name: case for case in CASES}


def select(names, precision):
    """The named cases, all by default, as far as they exist at this precision."""
    unknown = [n for n in names if n not in BY_NAME]
    if unknown:
        raise SystemExit(f"no case is called {unknown[0]}; there are {', '.join(BY_NAME)}")
    cases = [BY_NAME[n] for n in names] or CASES
    return [c for c in cases if precision in PRECISIONS.get(c.kind, ["fp32"])]
