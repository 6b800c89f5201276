"""Makes this folder's images and pixels.tsv. Needs Pillow, and cjpeg and djpeg of libjpeg-turbo on the PATH.

The pictures are drawn by formula. What they decode to is taken from Pillow, an independent reading of the same
files: CRC-32 over upright RGB; for reduced sizes from djpeg.
"""

import io
import math
import subprocess
import zlib
from pathlib import Path

from PIL import Image, ImageOps

WIDTH, HEIGHT = 37, 29
here = Path(__file__).parent


def drawing(channels):
    """Smooth waves with an edge and some texture, different in every channel and symmetric in nothing."""
    rows = bytearray()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for c in range(channels):
                wave = math.sin(x * (0.21 + 0.07 * c) + y * 0.13) + math.cos(y * (0.17 + 0.05 * c) - x * 0.05 * c)
                edge = 40 if (2 * x + 3 * y) % 41 < 14 - 3 * c else 0
                rows.append(max(0, min(255, int(100 + 45 * wave + edge + (x * 7 + y * 13 + c * 5) % 9))))
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[channels]
    return Image.frombytes(mode, (WIDTH, HEIGHT), bytes(rows))


def cjpeg(picture, *arguments):
    ppm = io.BytesIO()
    picture.save(ppm, "PPM")
    return subprocess.run(["cjpeg", "-quality", "85", *arguments], input=ppm.getvalue(), check=True,
                          capture_output=True).stdout


def pillow(picture, format, **arguments):
    out = io.BytesIO()
    picture.save(out, format, **arguments)
    return out.getvalue()


def segment(jpeg, marker):
    """Where the first segment of this marker lies."""
    at = 2
    while jpeg[at + 1] != marker:
        at += 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
    return at, at + 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")


rgb, gray, cmyk = drawing(3), drawing(1), drawing(4)
files = {
    "gray.jpg": cjpeg(gray),
    "444.jpg": cjpeg(rgb, "-sample", "1x1"),
    "422.jpg": cjpeg(rgb, "-sample", "2x1"),
    "420.jpg": cjpeg(rgb, "-sample", "2x2"),
    "440.jpg": cjpeg(rgb, "-sample", "1x2"),
    "411.jpg": cjpeg(rgb, "-sample", "4x1"),
    "410.jpg": cjpeg(rgb, "-sample", "4x2"),
    "restarts.jpg": cjpeg(rgb, "-restart", "1B"),
    "progressive.jpg": cjpeg(rgb, "-progressive"),
    "progressive-444.jpg": cjpeg(rgb, "-progressive", "-sample", "1x1"),
    "progressive-gray.jpg": cjpeg(gray, "-progressive"),
    "arithmetic.jpg": cjpeg(rgb, "-arithmetic"),
    "arithmetic-progressive.jpg": cjpeg(rgb, "-arithmetic", "-progressive"),
    "rgb.jpg": cjpeg(rgb, "-rgb"),
    "cmyk-adobe.jpg": pillow(cmyk, "JPEG", quality=85),
    "gray.png": pillow(gray, "PNG"),
    "rgb.png": pillow(rgb, "PNG"),
    "palette.png": pillow(rgb.quantize(23), "PNG"),
    "gray16.png": pillow(Image.frombytes("I;16", (2, 2), bytes([0, 0, 128, 0, 255, 127, 255, 255])), "PNG"),
}
# Adobe's marker with transform 2 says that the same four channels are YCCK.
start, end = segment(files["cmyk-adobe.jpg"], 0xEE)
adobe = bytearray(files["cmyk-adobe.jpg"])
assert adobe[start + 4:start + 9] == b"Adobe"
adobe[end - 1] = 2
files["ycck-adobe.jpg"] = bytes(adobe)
# Without the marker, ink is not inverted.
files["cmyk-plain.jpg"] = files["cmyk-adobe.jpg"][:start] + files["cmyk-adobe.jpg"][end:]
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    files[f"orientation-{orientation}.jpg"] = pillow(rgb, "JPEG", quality=85, exif=exif)
exif[0x0112] = 6
files["orientation-6.png"] = pillow(rgb, "PNG", exif=exif)

lines = ["file\tdenominator\twidth\theight\tcrc32"]
for name, data in sorted(files.items()):
    (here / name).write_bytes(data)
    picture = Image.open(io.BytesIO(data))
    if name == "cmyk-plain.jpg":
        # Pillow takes every CMYK file for Adobe's.
        picture = Image.frombytes("CMYK", picture.size, bytes(255 - v for v in picture.tobytes()))
    if picture.mode == "I;16":
        values = [picture.getpixel((x, y)) for y in range(2) for x in range(2)]
        picture = Image.frombytes("L", picture.size, bytes((v * 255 + 32767) // 65535 for v in values))
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    lines.append(f"{name}\t1\t{upright.width}\t{upright.height}\t{zlib.crc32(upright.tobytes()):08x}")
    if name in ("420.jpg", "444.jpg", "progressive.jpg", "gray.jpg"):
        for denominator in (2, 4, 8):
            ppm = subprocess.run(["djpeg", "-rgb", "-scale", f"1/{denominator}"], input=data, check=True,
                                 capture_output=True).stdout
            small = Image.open(io.BytesIO(ppm)).convert("RGB")
            lines.append(
                f"{name}\t{denominator}\t{small.width}\t{small.height}\t{zlib.crc32(small.tobytes()):08x}")
(here / "pixels.tsv").write_text("\n".join(lines) + "\n")
