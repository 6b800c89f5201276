/// The README.txt of a shapes data set. Its first line is what ``ShapesFolder`` knows its own by.
enum ShapesReadme {
  static let title = "Fovea shapes data set"

  static let unfinished = """
    \(title), not complete

    The program that makes it was interrupted, or is still running. Make it anew:
    fovea dataset shapes --out DIR

    """

  static func text(seed: UInt64, _ options: ShapesDataset.Options) -> String {
    """
    \(title)

    Pictures of \(ShapesDataset.classes.count) kinds of objects on cluttered grounds, drawn by a program, for trying a
    classifier and for scoring its attention: this is a set of which it is known where the object is.

    classes   \(ShapesDataset.classes.joined(separator: ", "))
    pictures  \(options.imageSize) x \(options.imageSize), RGB, PNG and JPEG mixed
              train/CLASS \(options.trainPerClass) each, val/CLASS \(options.validationPerClass) each, \
    test/CLASS \(options.testPerClass) each
    masks     masks/PART/CLASS/NAME.png belongs to PART/CLASS/NAME.png or .jpg: 255 on the object, 0 elsewhere
    seed      \(seed)

    The objects vary in place, size, turn, proportions and colour. Distractors (small polygons, fragments of the
    classes' shapes, blobs, lines) belong to no class. Colour says nothing about the class.

    The same seed and options give the same bytes with the same versions of libpng, zlib and libjpeg:
    fovea dataset shapes --out DIR --seed \(seed)

    This folder belongs to that command: running it again on it replaces all pictures.

    """
  }
}
