"""ONNX Runtime and OpenVINO on demand, running an ONNX file (serve.py says how it answers).

OpenVINO's throughput hint makes several streams, and batches go to all of them at once; batches of one image do not,
since one image at a time is what that case asks.

usage: step_onnx.py onnxruntime|openvino-latency|openvino-throughput FILE STEPS [--precision fp32|bf16]
"""

import argparse
import os

import numpy as np

from serve import serve

THREADS = len(os.sched_getaffinity(0))


def images(shape):
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32)


def onnxruntime(file, precision):
    import onnxruntime as ort

    if precision != "fp32":
        raise SystemExit("ONNX Runtime has no bf16 on this processor's provider")
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    batch = images(session.get_inputs()[0].shape)

    def run(steps):
        for _ in range(steps):
            session.run(None, {"images": batch})
        return len(batch) * steps

    return ort.__version__, run


def openvino(file, precision, hint):
    import openvino as ov

    compiled = ov.Core().compile_model(file, "CPU", {
        "PERFORMANCE_HINT": hint,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "INFERENCE_NUM_THREADS": THREADS,
    })
    got = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    if got != {"fp32": "f32", "bf16": "bf16"}[precision]:
        raise SystemExit(f"OpenVINO gives {got} where {precision} was asked for")
    batch = images(tuple(compiled.input(0).shape))
    requests = 1 if len(batch) == 1 else compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
    queue = ov.AsyncInferQueue(compiled, requests)
    for request in queue:
        request.set_input_tensor(ov.Tensor(batch.copy()))
    single = next(iter(queue))

    def run(steps):
        if requests == 1:
            for _ in range(steps):
                single.infer()
            return len(batch) * steps
        steps = -(-steps // requests) * requests
        for _ in range(steps):
            queue.start_async()
        queue.wait_all()
        return len(batch) * steps

    return ov.__version__.split("-")[0], run


def main():
    p = argparse.ArgumentParser()
    p.add_argument("engine", choices=["onnxruntime", "openvino-latency", "openvino-throughput"])
    p.add_argument("file")
    p.add_argument("steps", type=int)
    p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    a = p.parse_args()
    engine, _, hint = a.engine.partition("-")
    version, run = onnxruntime(a.file, a.precision) if engine == "onnxruntime" else (
        openvino(a.file, a.precision, hint.upper()))
    serve(version, lambda: run(3), lambda: run(a.steps), a.precision)


if __name__ == "__main__":
    main()
