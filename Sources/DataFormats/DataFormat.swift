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
  /// A colour image: `.ppm`.
  case ppm
  /// A picture, compressed without loss: `.png`.
  case png
  /// A photograph: `.jpg`, `.jpeg`.
  case jpeg
  /// A workbook of Excel: `.xlsx`.
  case xlsx
  /// Matrices of MATLAB: `.mat`, versions 5 to 7.2.
  case mat
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
    case .ppm: ["ppm"]
    case .png: ["png"]
    case .jpeg: ["jpg", "jpeg"]
    case .xlsx: ["xlsx"]
    case .mat: ["mat"]
    case .safetensors: ["safetensors"]
    }
  }

  /// Further extensions that mean this format when a file is read.
  var rareExtensions: [String] {
    self == .csv ? ["data", "dat", "tab", "asc", "prn", "base", "test"] : []
  }

  /// The format of an extension, with or without its point.
  public init?(extension name: String) {
    let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
    let found = Self.allCases.first { format in
      (format.extensions + format.rareExtensions).contains(plain.lowercased())
    }
    guard let found else { return nil }
    self = found
  }

  /// Whether `.gz` may follow the extension.
  public var canBeCompressed: Bool {
    switch self {
    case .npz, .safetensors, .png, .jpeg, .xlsx, .mat: false
    case .csv, .matrixMarket, .npy, .idx, .pgm, .ppm: true
    }
  }

  /// Whether files of this format are pictures.
  public var isPicture: Bool { [.pgm, .ppm, .png, .jpeg].contains(self) }

  /// The format that the first bytes of a file tell; text with delimiters if they tell nothing.
  static func of(firstBytes bytes: [UInt8]) -> DataFormat {
    func begins(_ mark: [UInt8]) -> Bool { bytes.starts(with: mark) }
    if begins([0x93] + Array("NUMPY".utf8)) { return .npy }
    if begins([0x89] + Array("PNG".utf8)) { return .png }
    if begins([0xFF, 0xD8, 0xFF]) { return .jpeg }
    if begins(Array("%%MatrixMarket".utf8)) { return .matrixMarket }
    if begins(Array("MATLAB 5.0".utf8)) { return .mat }
    if begins([0x50, 0x4B, 3, 4]) {
      // The name of the first member follows.
      return bytes.dropFirst(30).prefix(64).contains(UInt8(ascii: "[")) ? .xlsx : .npz
    }
    if begins(Array("P2".utf8)) || begins(Array("P5".utf8)) { return .pgm }
    if begins(Array("P3".utf8)) || begins(Array("P6".utf8)) { return .ppm }
    // No text begins with two zeros; the type of the numbers follows, then how many dimensions there are.
    if begins([0, 0]), bytes.count > 3, [8, 9, 11, 12, 13, 14].contains(bytes[2]), bytes[3] > 0 {
      return .idx
    }
    return .csv
  }

  /// Refuses what Python saves by pickling, with what to save instead.
  static func refusePickles(_ name: String, asTensors: Bool) throws(DataFormatError) {
    let suffix = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard ["pt", "pth", "ckpt", "pkl", "pickle"].contains(suffix) || asTensors && suffix == "bin"
    else { return }
    throw DataFormatError(
      name, "files ending in .\(suffix) can run code when they are read, and are not read here",
      asTensors
        ? "save the network with safetensors.torch.save_file, as .safetensors"
        : "save its arrays as .npy, such as with numpy.save")
  }

  /// The format of what is read, if it is one of those wanted: what the name tells, or, for a name such as
  /// `ratings.gz` that says no more than that the file is compressed, what its first bytes tell.
  ///
  /// - Throws: ``DataFormatError`` that lists the extensions of those wanted.
  static func of(
    reading source: ByteSource, among wanted: [DataFormat]
  ) throws(DataFormatError) -> DataFormat {
    let file = source.name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if file.hasSuffix(".gz"), !file.dropLast(3).contains("."),
      (try? of(source.name, among: wanted)) == nil
    {
      let told = of(firstBytes: try ByteStream(source).bytes(512))
      if wanted.contains(told), told.canBeCompressed { return told }
    }
    return try of(source.name, among: wanted).format
  }

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
    try refusePickles(name, asTensors: wanted == [.safetensors])
    let supported = wanted.flatMap { format in
      format.extensions + (format.canBeCompressed ? [format.extensions[0] + ".gz"] : [])
    }
    throw .unsupportedExtension(name, supported: supported)
  }
}
