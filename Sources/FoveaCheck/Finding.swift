import FoveaData

/// How much a finding matters.
public enum Severity: String, Comparable, Sendable {
  /// Training on this goes wrong, or its accuracy cannot be believed.
  case error
  /// Worth a look before training.
  case warning
  /// Dealt with by itself; good to know.
  case note

  private var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .note: 2
    }
  }

  /// The graver comes first.
  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// Something about a data set that a person should know.
public struct Finding: Sendable {
  /// The kinds, in the order in which they are told.
  public enum Kind: String, CaseIterable, Sendable {
    case leak
    case conflict
    case nearLeak = "near_leak"
    case nearConflict = "near_conflict"
    case unreadable
    case damaged
    case missingInTraining = "missing_in_training"
    case emptyClass = "empty_class"
    case singleClass = "single_class"
    case partsAsClasses = "parts_as_classes"
    case hiddenFolder = "hidden_folder"
    case onlyInTraining = "only_in_training"
    case similarNames = "similar_names"
    case imbalance
    case fewImages = "few_images"
    case duplicate
    case constant
    case dark
    case blurred
    case tiny
    case elongated
    case wrongExtension = "wrong_extension"
    case outsideClasses = "outside_classes"
    case nearDuplicate = "near_duplicate"
    case passedBy = "passed_by"
    case oriented
    case alpha
    case gray
    case cmyk
    case sixteenBit = "sixteen_bit"
  }

  /// One case of it: an image, several that belong together, a class, or a path.
  public struct Entry: Sendable {
    /// Indices of the report's images.
    public let images: [Int]
    /// What else it is about: a path, or the name of a class.
    public let subject: String?
    /// What was found there.
    public let remark: String

    init(images: [Int] = [], subject: String? = nil, remark: String = "") {
      self.images = images
      self.subject = subject
      self.remark = remark
    }
  }

  public let kind: Kind
  public let entries: [Entry]

  public var severity: Severity { kind.severity }
}

extension Finding.Kind {
  public var severity: Severity {
    switch self {
    case .leak, .conflict, .nearLeak, .nearConflict, .unreadable, .missingInTraining, .emptyClass,
      .singleClass,
      .partsAsClasses:
      .error
    case .damaged, .hiddenFolder, .onlyInTraining, .similarNames, .imbalance, .fewImages, .duplicate,
      .constant,
      .dark, .blurred, .tiny, .elongated, .wrongExtension, .outsideClasses:
      .warning
    case .nearDuplicate, .passedBy, .oriented, .alpha, .gray, .cmyk, .sixteenBit: .note
    }
  }

  /// What was found, in a few words.
  public var title: String {
    switch self {
    case .leak: "the same image in several parts"
    case .conflict: "the same image in several classes"
    case .nearLeak: "nearly the same image in several parts"
    case .nearConflict: "nearly the same image in several classes"
    case .unreadable: "unreadable files"
    case .damaged: "files that are damaged or cut short"
    case .missingInTraining: "classes without training images"
    case .emptyClass: "class folders without images"
    case .singleClass: "fewer than two classes"
    case .partsAsClasses: "parts taken for classes"
    case .hiddenFolder: "hidden folders with images"
    case .onlyInTraining: "classes that only training has"
    case .similarNames: "classes with nearly the same name"
    case .imbalance: "classes out of balance"
    case .fewImages: "classes with few images"
    case .duplicate: "copies within a class"
    case .constant: "nearly constant images"
    case .dark: "dark images"
    case .blurred: "blurred images"
    case .tiny: "images much smaller than the others"
    case .elongated: "very long or very tall images"
    case .wrongExtension: "names that claim another format"
    case .outsideClasses: "images outside the class folders"
    case .nearDuplicate: "near copies within a class"
    case .passedBy: "files passed by"
    case .oriented: "images turned by EXIF"
    case .alpha: "images with transparency"
    case .gray: "gray images among coloured ones"
    case .cmyk: "CMYK images"
    case .sixteenBit: "images of 16 bits"
    }
  }

  /// What it means, and what to do about it.
  public var advice: String {
    switch self {
    case .leak, .nearLeak:
      "Accuracy is measured on images that were trained on, and flatters. Keep all copies in one part."
    case .conflict, .nearConflict:
      "At most one of the labels is right. Decide, and remove the other copies."
    case .unreadable:
      "Training passes them by, and stops when they are too many. Get whole copies, or remove them."
    case .damaged:
      "They count as unreadable, unless data.allow_truncated takes what can be read. Get whole copies, or remove them."
    case .missingInTraining: "Training refuses such a data set. Add images to train on, or remove the class."
    case .emptyClass: "Training refuses a class without images. Add some, or remove the folder."
    case .singleClass: "There is nothing to tell apart. Make a folder for each class."
    case .partsAsClasses:
      "A part counts as one only beside 'train', and with class folders in it. Rename or move the folders."
    case .hiddenFolder:
      "They are passed by here; other programs may take them for classes. Remove them, or rename what is meant."
    case .onlyInTraining: "Nothing will tell how well they are learnt. Add images of them to the other parts."
    case .similarNames: "They may be one class. Merge the folders, or rename one."
    case .imbalance: "Rare classes are learnt badly. Add images, or set train.class_weights: balanced."
    case .fewImages: "Too few to learn from, or to trust a figure. Add images."
    case .duplicate: "Copies weigh more than other images and teach nothing. Keep one of each."
    case .constant: "They show nothing. Remove them, or find out what went wrong."
    case .dark: "Hardly anything can be seen. Brighten or remove them, unless such images will be met in use."
    case .blurred:
      "No fine detail, as far as a network could see it. Look at them; remove what nobody could tell."
    case .tiny: "They are enlarged to the network's input. Get larger copies, or remove them."
    case .elongated: "A centre crop sees a small part of them. Crop them, or set input.resize: pad."
    case .wrongExtension: "They are read by their content here; other programs may fail. Rename them."
    case .outsideClasses: "They belong to no class and are passed by. Move them into a class's folder."
    case .nearDuplicate: "Frames of one scene, or edited copies: fine to train on, if they stay in one part."
    case .passedBy: "They are not images. Nothing needs to be done."
    case .oriented: "They are turned upright when they are read; programs that ignore EXIF see them lying."
    case .alpha: "They are laid over input.background, white by default."
    case .gray: "They become RGB with equal channels. A class of gray images is told by that alone."
    case .cmyk: "They become RGB without their colour profile, so colours are not exact."
    case .sixteenBit: "They are read with 8 bits."
    }
  }

  /// Whether an entry is several images that belong together.
  public var isAboutGroups: Bool {
    switch self {
    case .leak, .nearLeak, .conflict, .nearConflict, .duplicate, .nearDuplicate: true
    default: false
    }
  }
}
