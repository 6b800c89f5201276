"""Trains a CBAM ResNet in PyTorch on class folders, with the recipe of one of Fovea's configs.

The recipe's numbers are given as flags, so that both sides can be read side by side; the defaults are those of
configs/cifar10.yaml. Prints one line an epoch: epoch, training loss, test accuracy, images per second.

usage: train_torch.py DATA [flags], where DATA holds train/CLASS/… and test/CLASS/…
"""

import argparse
import math
import os
import time

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from cbam_torch import BasicBlock, ResNet


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("--size", type=int, default=32)
    p.add_argument("--blocks", type=int, nargs="+", default=[3, 3, 3])
    p.add_argument("--widths", type=int, nargs="+", default=[16, 32, 64])
    p.add_argument("--stem", default="cifar")
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--warmup", type=float, default=1.0, help="epochs")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--decay", type=float, default=5e-4)
    p.add_argument("--smoothing", type=float, default=0.0)
    p.add_argument("--augment", choices=["pad-crop", "resized-crop"], default="pad-crop")
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def read(folder, classes, size, for_resized_crop):
    """Images as uint8 arrays: at the network's size, or with their short side at 1.25 of it for random crops."""
    images, labels = [], []
    for label, name in enumerate(classes):
        directory = os.path.join(folder, name)
        for file in sorted(os.listdir(directory)):
            image = Image.open(os.path.join(directory, file)).convert("RGB")
            if image.size != (size, size):
                short = size * 1.25 if for_resized_crop else size / 0.875
                scale = short / min(image.size)
                image = image.resize([max(size, round(s * scale)) for s in image.size], Image.BILINEAR)
                if not for_resized_crop:
                    left, top = (image.width - size) // 2, (image.height - size) // 2
                    image = image.crop((left, top, left + size, top + size))
            images.append(np.asarray(image))
            labels.append(label)
    return images, np.array(labels)


def pad_crop(image, size, rng):
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)))
    top, left = rng.integers(0, 9, 2)
    return padded[top : top + size, left : left + size]


def resized_crop(image, size, rng):
    """torchvision's RandomResizedCrop with scale 0.35…1, then brightness, contrast and saturation within 0.2."""
    height, width = image.shape[:2]
    for _ in range(10):
        area = height * width * rng.uniform(0.35, 1)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            break
    else:
        w = h = min(height, width)
        top, left = (height - h) // 2, (width - w) // 2
    image = Image.fromarray(image).resize((size, size), Image.BILINEAR, box=(left, top, left + w, top + h))
    x = np.asarray(image, dtype=np.float32)
    x = np.clip(x * rng.uniform(0.8, 1.2), 0, 255)
    gray = x @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    x = np.clip(gray.mean() + (x - gray.mean()) * rng.uniform(0.8, 1.2), 0, 255)
    gray = (x @ np.array([0.299, 0.587, 0.114], dtype=np.float32))[..., None]
    return np.clip(gray + (x - gray) * rng.uniform(0.8, 1.2), 0, 255).astype(np.uint8)


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(2)
    rng = np.random.default_rng(a.seed)
    classes = sorted(os.listdir(os.path.join(a.data, "train")))
    augment = pad_crop if a.augment == "pad-crop" else resized_crop
    train_x, train_y = read(os.path.join(a.data, "train"), classes, a.size, augment is resized_crop)
    test_x, test_y = read(os.path.join(a.data, "test"), classes, a.size, False)
    sample = np.concatenate([x.reshape(-1, 3) for x in train_x[:: max(1, len(train_x) // 2000)]]) / 255
    mean, std = sample.mean(0), sample.std(0)

    def tensor(images):
        x = (np.stack(images) / 255 - mean) / std
        return torch.from_numpy(x.astype(np.float32)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)

    model = ResNet(BasicBlock, a.blocks, a.widths, len(classes), stem=a.stem).to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": a.decay}, {"params": others, "weight_decay": 0}],
        lr=a.lr, momentum=0.9, nesterov=True)
    steps = len(train_x) // a.batch
    total, warmup = a.epochs * steps, a.warmup * steps
    step = 0
    for epoch in range(a.epochs):
        model.train()
        order, losses, start = rng.permutation(len(train_x)), 0.0, time.perf_counter()
        for b in range(steps):
            index = order[b * a.batch : (b + 1) * a.batch]
            images = [augment(train_x[i], a.size, rng) for i in index]
            images = [im[:, ::-1] if rng.random() < 0.5 else im for im in images]
            progress = (step - warmup) / max(1, total - warmup)
            rate = a.lr * (step + 1) / warmup if step < warmup else a.lr * 0.5 * (1 + math.cos(math.pi * progress))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = F.cross_entropy(model(tensor(images)), torch.from_numpy(train_y[index]), label_smoothing=a.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses += loss.item()
            step += 1
        seconds = time.perf_counter() - start
        model.eval()
        with torch.inference_mode():
            hits = sum(
                (model(tensor(test_x[i : i + 250])).argmax(1).numpy() == test_y[i : i + 250]).sum()
                for i in range(0, len(test_x), 250))
        print(f"{epoch + 1}\t{losses / steps:.4f}\t{hits / len(test_x):.4f}\t{steps * a.batch / seconds:.0f}", flush=True)


main()
