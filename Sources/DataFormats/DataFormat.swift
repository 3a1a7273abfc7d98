/// A file format, told from the file's extension.
public enum DataFormat: String, CaseIterable, Sendable {
  /// Text with separators: `.csv`, `.tsv`, `.txt`.
  case csv
  /// Matrix Market: `.mtx`.
  case matrixMarket
  /// One NumPy array: `.npy`.
  case npy
  /// Named NumPy arrays: `.npz`.
  case npz
  /// The file format of MNIST: `.idx`, or names as `train-images-idx3-ubyte`.
  case idx
  /// A grey image: `.pgm`.
  case pgm
  /// Named tensors: `.safetensors`.
  case safetensors

  /// The extensions that mean this format, the usual one first.
  public var extensions: [String] {
    switch self {
    case .csv: ["csv", "tsv", "txt"]
    case .matrixMarket: ["mtx"]
    case .npy: ["npy"]
    case .npz: ["npz"]
    case .idx: ["idx"]
    case .pgm: ["pgm"]
    case .safetensors: ["safetensors"]
    }
  }

  /// Further extensions that mean this format when a file is read.
  var rareExtensions: [String] {
    self == .csv ? ["data", "dat", "tab", "asc", "prn", "base", "test"] : []
  }

  /// Whether `.gz` may follow the extension.
  public var canBeCompressed: Bool { self != .npz && self != .safetensors }

  /// The format that a file's name tells, if it is one of those wanted.
  ///
  /// - Throws: ``DataFormatError`` that lists the extensions of those wanted.
  static func of(
    _ name: String, among wanted: [DataFormat] = DataFormat.allCases
  ) throws(DataFormatError) -> (format: DataFormat, isCompressed: Bool, suffix: String) {
    var file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let isCompressed = file.hasSuffix(".gz")
    if isCompressed { file.removeLast(3) }
    let suffix =
      file.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    for format in wanted where !isCompressed || format.canBeCompressed {
      if (format.extensions + format.rareExtensions).contains(where: { file.hasSuffix(".\($0)") }) {
        return (format, isCompressed, suffix)
      }
      if format == .idx,
        file.hasSuffix("-ubyte") || file.contains("-idx") || suffix.hasPrefix("idx")
      {
        return (format, isCompressed, suffix)
      }
    }
    let supported = wanted.flatMap { format in
      format.extensions + (format.canBeCompressed ? [format.extensions[0] + ".gz"] : [])
    }
    throw .unsupportedExtension(name, supported: supported)
  }
}
