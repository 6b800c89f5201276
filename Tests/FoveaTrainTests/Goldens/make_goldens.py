"""Writes optimizers.json and schedules.json beside itself: what PyTorch's optimisers and schedules do.

    python3 make_goldens.py        (made with torch 2.13.0, seed 7)
"""

import json
import pathlib

import torch

HERE = pathlib.Path(__file__).parent
STEPS = 6


def flat(tensor):
    return [float(x) for x in tensor.detach().flatten()]


def optimizer_case(name, make, clip=None):
    """A weight of 37 elements that decays and a bias of 5 that does not, on given gradients."""
    generator = torch.Generator().manual_seed(7)
    weight = torch.nn.Parameter(torch.randn(37, generator=generator))
    bias = torch.nn.Parameter(torch.randn(5, generator=generator))
    start = [flat(weight), flat(bias)]
    optimizer = make([weight], [bias])
    gradients, results, norms = [], [], []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / (step + 1)
        weight.grad = torch.randn(37, generator=generator)
        bias.grad = torch.randn(5, generator=generator)
        gradients.append([flat(weight.grad), flat(bias.grad)])
        if clip is not None:
            norms.append(float(torch.nn.utils.clip_grad_norm_([weight, bias], clip)))
        optimizer.step()
        results.append([flat(weight), flat(bias)])
    return {"name": name, "start": start, "gradients": gradients, "results": results, "norms": norms}


def sgd(**settings):
    decay = settings.pop("weight_decay", 0)
    return lambda w, b: torch.optim.SGD(
        [{"params": w, "weight_decay": decay}, {"params": b, "weight_decay": 0}], lr=0.1, **settings
    )


def adamw(decay_all=False, **settings):
    decay = settings.pop("weight_decay", 0)
    return lambda w, b: torch.optim.AdamW(
        [{"params": w, "weight_decay": decay}, {"params": b, "weight_decay": decay if decay_all else 0}],
        lr=0.1, **settings,
    )


def rates(make, steps):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.4)
    schedule = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values


def main():
    cases = [
        optimizer_case("sgd_plain", sgd(weight_decay=0.01)),
        optimizer_case("sgd_momentum", sgd(momentum=0.9, weight_decay=0.01)),
        optimizer_case("sgd_nesterov", sgd(momentum=0.9, nesterov=True, weight_decay=0.01)),
        optimizer_case("sgd_nesterov_clipped", sgd(momentum=0.9, nesterov=True), clip=2.0),
        optimizer_case("adamw", adamw(weight_decay=0.05)),
        optimizer_case("adamw_decay_all", adamw(decay_all=True, weight_decay=0.05, betas=(0.8, 0.99), eps=1e-4)),
    ]
    (HERE / "optimizers.json").write_text(json.dumps(cases) + "\n")
    lr = torch.optim.lr_scheduler
    schedules = {
        "cosine": rates(lambda o: lr.CosineAnnealingLR(o, T_max=20, eta_min=0.04), 20),
        "onecycle": rates(lambda o: lr.OneCycleLR(o, max_lr=0.4, total_steps=20), 20),
        "step": rates(lambda o: lr.MultiStepLR(o, milestones=[5, 12], gamma=0.1), 20),
    }
    (HERE / "schedules.json").write_text(json.dumps(schedules) + "\n")


main()
