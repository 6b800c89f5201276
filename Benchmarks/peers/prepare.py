"""Decodes and resizes a folder's photographs on demand, on one thread (serve.py says how it answers).

usage: prepare.py pillow|pillow-draft|opencv FOLDER SIZE
"""

import sys

import photos
from serve import serve


def main():
    library, folder, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    paths = photos.files(folder)
    if library == "opencv":
        import cv2

        cv2.setNumThreads(1)
        version, prepare = cv2.__version__, photos.opencv
    else:
        import PIL

        version = PIL.__version__
        halved = library == "pillow-draft"
        prepare = lambda path, size: photos.pillow(path, size, halved)  # noqa: E731

    def sample():
        for path in paths:
            prepare(path, size)
        return len(paths)

    serve(version, sample, sample)


main()
