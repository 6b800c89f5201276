"""Which peers a case has, how each is started, and the files that they need."""

import os
import subprocess
import sys

from sides import Command, Server, Setting, SideFailed, allocators

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "..", "peers")
CONFIGURATION = """\
input: {{width: {size}, height: {size}, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}
model: {{architecture: {architecture}, stem: {stem}}}
"""


class Workshop:
    """Makes the sides, and keeps what they need in a folder: exported networks, Fovea's model of the same weights."""

    def __init__(self, folder, step, prepare, fovea, photos):
        self.folder, self.step, self.prepare, self.fovea, self.photos = folder, step, prepare, fovea, photos
        self.environment = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(folder, "inductor")}
        self.sources = [os.path.join(PEERS, name) for name in ("cbam_torch.py", "export.py")]

    # Files

    def exported(self, network, size, extension, batch=None):
        """A network's file, made once: .safetensors, .pt, or .onnx for one size of batch."""
        name = f"{network}-{size}" + (f"-{batch}" if batch else "") + extension
        path = os.path.join(self.folder, name)
        newest = max(os.path.getmtime(source) for source in self.sources)
        if not os.path.exists(path) or os.path.getmtime(path) < newest:
            batches = [str(batch)] if batch else []
            self.run([*self.python("export.py"), network, str(size), path, *batches])
        return path

    def model(self, network, size):
        """Fovea's model file of the same weights."""
        weights = self.exported(network, size, ".safetensors")
        path = os.path.join(self.folder, f"{network}-{size}.model")
        newest = max(os.path.getmtime(weights), os.path.getmtime(self.fovea))
        if not os.path.exists(path) or os.path.getmtime(path) < newest:
            configuration = os.path.join(self.folder, f"{network}-{size}.yaml")
            stem = "cifar" if size == 32 else "imagenet"
            with open(configuration, "w") as file:
                file.write(CONFIGURATION.format(size=size, architecture=network.partition("-")[0], stem=stem))
            classes = ",".join(f"class{i}" for i in range(10))
            self.run([self.fovea, "import", weights, "--config", configuration, "--classes", classes, "-o", path])
        return path

    def run(self, command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SideFailed(f"{' '.join(command)} failed:\n{done.stdout.strip()}")

    def photographs(self):
        sys.path.insert(0, PEERS)
        import photos

        if not self.photos:
            self.photos = os.path.join(self.folder, "photos")
            if not os.path.exists(self.photos):
                photos.generate(self.photos)
        found = photos.files(self.photos)
        if not found:
            raise SideFailed(f"{self.photos} has no photographs (.jpg, .png)")
        return found

    @staticmethod
    def python(script):
        return [sys.executable, os.path.join(PEERS, script)]

    # Sides

    def ours(self, case, precision):
        if case.kind in ("train", "run"):
            extra = ["--precision", precision] if precision != "fp32" else []
            return Server("Fovea", [self.step, *case.step_arguments, *extra], precision)
        photographs = self.photographs()
        if case.kind == "prepare":
            # As the peer's draft: half the size, though a photograph of 375 rows has then fewer than 224 left.
            scale = ["0.8"] if case.name == "prepare-draft" else []
            return Server("Fovea", [self.prepare, self.photos, str(case.size), *scale])
        model = self.model(case.network, case.size)
        target, count = (self.photos, len(photographs)) if case.kind == "folder" else (photographs[0], 1)
        return Command("Fovea", [self.fovea, "classify", model, target], count)

    def families(self, case, precision):
        """For each family of peers, its settings: functions that start one."""
        if case.plain:
            command = [self.step, *case.step_arguments, "--precision", precision, "--plain"]
            return {"Fovea": [Setting("without attention", lambda name: Server(name, command, precision))]}
        return getattr(self, f"{case.kind}_families")(case, precision)

    def torch_settings(self, case, precision):
        settings = [("eager", []), ("compiled", ["--compile"])]
        if precision == "bf16" and case.kind == "run":
            settings += [("eager cast", ["--cast"]), ("compiled cast", ["--compile", "--cast"])]
        command = [*self.python("step_torch.py"), *case.step_arguments, "--precision", precision]
        return [
            self.server(f"PyTorch {name} {allocator}".rstrip(), [*command, *flags], precision, environment)
            for name, flags in settings for allocator, environment in allocators().items()]

    def train_families(self, case, precision):
        return {"PyTorch": self.torch_settings(case, precision)}

    def run_families(self, case, precision):
        def engine(name, argument):
            def start(name):
                file = self.exported(case.network, case.size, ".onnx", case.batch)
                command = [*self.python("step_onnx.py"), argument, file, str(case.steps), "--precision", precision]
                return Server(name, command, precision)

            return Setting(name, start)

        families = {
            "PyTorch": self.torch_settings(case, precision),
            "OpenVINO": [
                engine("OpenVINO latency", "openvino-latency"), engine("OpenVINO throughput", "openvino-throughput")],
        }
        if precision == "fp32":
            families["ONNX Runtime"] = [engine("ONNX Runtime", "onnxruntime")]
        return families

    def folder_families(self, case, precision):
        self.photographs()
        weights = self.exported(case.network, case.size, ".pt")
        command = [*self.python("folder_torch.py"), case.network, str(case.size), weights, self.photos]
        return {"PyTorch": [
            self.server(f"PyTorch {name} workers {workers}", [*command, str(workers), *flags], "fp32")
            for name, flags in [("eager", []), ("compiled", ["--compile"])] for workers in (0, 1, 2)]}

    def prepare_families(self, case, precision):
        self.photographs()
        libraries = {"Pillow": "pillow", "OpenCV": "opencv"}
        if case.name == "prepare-draft":
            libraries = {"Pillow draft": "pillow-draft"}
        return {
            name: [self.server(name, [*self.python("prepare.py"), library, self.photos, str(case.size)], "fp32")]
            for name, library in libraries.items()}

    def start_families(self, case, precision):
        if case.name == "start-import":
            command = [sys.executable, "-c", "import torch"]
            return {"PyTorch": [Setting("import torch", lambda name: Command(name, command))]}
        weights = self.exported(case.network, case.size, ".pt")
        command = [*self.python("classify_torch.py"), case.network, str(case.size), weights, self.photographs()[0]]
        return {"PyTorch": [Setting("PyTorch script", lambda name: Command(name, command))]}

    def server(self, name, command, precision, environment=None):
        return Setting(
            name, lambda name: Server(name, command, precision, {**self.environment, **(environment or {})}))
