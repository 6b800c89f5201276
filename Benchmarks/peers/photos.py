"""Photographs as the peers prepare them, with Pillow or OpenCV: the largest centred square, antialiased, at the
network's size. The same rule as Fovea's `input.resize: crop`, and with Pillow the same bytes.
"""

import os

import numpy as np

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def files(folder):
    paths = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]
    return sorted(p for p in paths if p.lower().endswith((".jpg", ".jpeg", ".png")))


def generate(folder, count=240):
    """JPEGs of 500×375 pixels and some 60 kB, as cameras' are after shrinking: noise with as much of every scale, down
    to the pixel's."""
    from PIL import Image

    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(3)
    for index in range(count):
        x = np.zeros((375, 500, 3))
        for exponent in range(9):
            scale = 2.0**-exponent
            shape = (3, 2 + int(375 * scale), 2 + int(500 * scale))
            grid = rng.standard_normal(shape, dtype=np.float32)
            planes = [Image.fromarray(plane).resize((500, 375), Image.BICUBIC) for plane in grid]
            x += np.stack(planes, -1) * (12 if exponent else 8)
        # Colours of photographs vary less than their brightness.
        x = 128 + 0.6 * x.mean(-1, keepdims=True) * 3**0.5 + 0.4 * x
        image = Image.fromarray(np.clip(x, 0, 255).astype(np.uint8))
        image.save(os.path.join(folder, f"{index:03}.jpg"), quality=90)


def pillow(path, size, halved=False):
    """With `halved`, libjpeg decodes at half the size, which is faster, and the filter sees fewer pixels."""
    from PIL import Image

    image = Image.open(path)
    if halved:
        image.draft("RGB", (image.width // 2, image.height // 2))
    image = image.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return np.asarray(image.resize((size, size), Image.BILINEAR, box=(left, top, left + side, top + side)))


def opencv(path, size):
    """INTER_AREA is OpenCV's antialiased filter."""
    import cv2

    image = cv2.imread(path, cv2.IMREAD_COLOR)
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    image = cv2.resize(image[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
