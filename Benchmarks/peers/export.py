"""Writes a settled network's weights, as safetensors and as PyTorch's own file, or the network as ONNX.

usage: export.py NETWORK SIZE FILE.safetensors|FILE.pt
       export.py NETWORK SIZE FILE.onnx BATCH
"""

import json
import struct
import sys
import warnings

import torch

from cbam_torch import settled


def save_safetensors(state, path):
    """Eight bytes of the header's length, the header in JSON, the values: all tensors here are float32."""
    header, values = {"__metadata__": {"format": "pt"}}, []
    offset = 0
    for name, tensor in state.items():
        tensor = tensor.detach().float().contiguous()
        end = offset + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        values.append(tensor.numpy().tobytes())
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values))


def main():
    name, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    model = settled(name, size)
    if path.endswith(".onnx"):
        images = torch.randn(int(sys.argv[4]), 3, size, size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model, (images,), path, dynamo=False, opset_version=17, input_names=["images"],
                output_names=["logits"])
    elif path.endswith(".pt"):
        torch.save(model.state_dict(), path)
    else:
        state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
        save_safetensors(state, path)


if __name__ == "__main__":
    main()
