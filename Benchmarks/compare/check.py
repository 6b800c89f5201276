"""Whether all sides compute the same network: the same weights and images must give the same logits."""

import json
import os
import subprocess
import sys

from cases import CASES
from peers import PEERS

TOLERANCE = 1e-4
BATCH = 4


def check(workshop):
    """Prints the largest difference of every side from PyTorch, relative to the largest logit; true if all are within
    the tolerance."""
    import numpy as np

    sys.path.insert(0, PEERS)
    networks = sorted({(case.network, case.size) for case in CASES if case.kind in ("train", "run")})
    is_same = True
    for network, size in networks:
        expected, others = torch_logits(workshop, network, size)
        others["Fovea"] = fovea_logits(workshop, network, size)
        for name, logits in others.items():
            error = float(np.abs(logits - expected).max() / np.abs(expected).max())
            # Not `error > TOLERANCE`, which a NaN would pass.
            is_good = error <= TOLERANCE
            is_same = is_same and is_good
            too_much = "" if is_good else f", above {TOLERANCE}"
            print(f"{network:16} {size:4}  {name:14} differs by {error:.1e}{too_much}", flush=True)
    return is_same


def pixels(size):
    """Smooth noise, so that the images are unlike each other and unlike white noise: [BATCH, size, size, 3]."""
    import cv2
    import numpy as np

    coarse = np.random.default_rng(2).integers(0, 256, (BATCH, 8, 8, 3), dtype=np.uint8)
    return np.stack([cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) for image in coarse])


def torch_logits(workshop, network, size):
    """PyTorch's own, and those of the engines that run the ONNX file."""
    import numpy as np
    import onnxruntime
    import openvino
    import torch
    import torch._inductor.config

    import cbam_torch
    import photos

    model = cbam_torch.network(network)
    model.load_state_dict(torch.load(workshop.exported(network, size, ".pt")))
    model.eval()
    images = (pixels(size).astype(np.float32) / 255 - photos.MEAN) / photos.STD
    images = np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)
    onnx = workshop.exported(network, size, ".onnx", BATCH)
    torch._inductor.config.freezing = True
    with torch.inference_mode():
        expected = model(torch.from_numpy(images)).numpy()
        frozen = torch.compile(model.to(memory_format=torch.channels_last))
        compiled = frozen(torch.from_numpy(images).to(memory_format=torch.channels_last)).numpy()
    runtime = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    vino = openvino.Core().compile_model(onnx, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return expected, {
        "compiled": compiled, "ONNX Runtime": runtime.run(None, {"images": images})[0],
        "OpenVINO": vino(images)[0]}


def fovea_logits(workshop, network, size):
    """From PNG files of the network's own size, which no resize touches."""
    import numpy as np
    from PIL import Image

    folder = os.path.join(workshop.folder, f"check-{size}")
    os.makedirs(folder, exist_ok=True)
    for index, image in enumerate(pixels(size)):
        Image.fromarray(image).save(os.path.join(folder, f"{index}.png"))
    command = [workshop.fovea, "classify", workshop.model(network, size), folder, "--logits", "--format", "jsonl"]
    rows = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return np.array([list(json.loads(row)["logits"].values()) for row in rows])
