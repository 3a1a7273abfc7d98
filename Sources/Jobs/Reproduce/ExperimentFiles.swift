import DataFormats
import DeepLinear
import Experiments
import Foundation

/// Data sets of the user's that some items can use.
struct ExperimentFiles {
  /// The folder of MNIST's four files, gzipped or not.
  var mnist: String?
  /// A table of the gas sensor array: batch, concentration, sensors.
  var gasDrift: String?
  /// A batch of CIFAR-10 in the binary format.
  var cifar: String?

  /// The files that are not named and stand in a folder under their usual names.
  ///
  /// MNIST's four files, `data_batch_1.bin` of CIFAR-10 and a table of the gas sensors, each in the folder itself or in
  /// one of its folders.
  mutating func find(in folder: String) throws {
    let manager = FileManager.default
    guard let names = try? manager.contentsOfDirectory(atPath: folder) else {
      throw BadInput("\(folder): there is no such folder; --data names one that holds data sets.")
    }
    let places = [folder] + names.sorted().map { "\(folder)/\($0)" }
    func first(_ candidates: [String]) -> String? {
      places.lazy.flatMap { place in candidates.map { "\(place)/\($0)" } }
        .first { manager.fileExists(atPath: $0) }
    }
    if mnist == nil, let file = first(["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"]) {
      mnist = String(file[..<file.lastIndex(of: "/")!])
    }
    cifar = cifar ?? first(["data_batch_1.bin", "data_batch_1.bin.gz"])
    gasDrift =
      gasDrift
      ?? first([
        "gas_drift.csv", "gas-drift.csv", "ethanol_8of10.csv", "ethanol.csv", "batch1.csv",
      ])
    guard mnist != nil || cifar != nil || gasDrift != nil else {
      throw BadInput(
        "\(folder): none of MNIST's files, data_batch_1.bin and gas_drift.csv is there or in a folder inside."
      )
    }
  }

  /// What of them is used, for a page and to tell one gallery from another.
  var words: String {
    let names = [
      mnist.map { "MNIST from \($0)" }, gasDrift.map { "gas drift from \($0)" },
      cifar.map { "CIFAR-10 from \($0)" },
    ].compactMap(\.self)
    return names.isEmpty ? "synthetic" : names.joined(separator: ", ")
  }

  /// The data sets, each read when it is first asked for; the files must exist.
  func data() throws -> ExperimentData {
    var data = ExperimentData()
    if let mnist {
      let training = try Self.idxPair(in: mnist, "train")
      let test = try Self.idxPair(in: mnist, "t10k")
      data.digits = { (try Self.samples(training), try Self.samples(test)) }
    }
    if let gasDrift {
      _ = try ByteSource(path: gasDrift)
      data.gasDrift = {
        let table = try DataFile.readMatrix(from: gasDrift)
        guard table.columnCount > 2 else {
          throw BadInput(
            "\(gasDrift): a table of batch, concentration and sensors has more columns.")
        }
        return (
          table.submatrix(rows: 0..<table.rowCount, columns: 2..<table.columnCount),
          table.submatrix(rows: 0..<table.rowCount, columns: 1..<2)
        )
      }
    }
    if let cifar {
      _ = try ByteSource(path: cifar)
      data.colorImages = { try Self.records(cifar) }
    }
    return data
  }

  /// The images of a batch and their labels.
  private static func records(_ path: String) throws -> LabelledSamples {
    let reader = try RowReader.open(try ByteSource(path: path), records: .cifar10)
    var images: [Double] = []
    var labels: [Int] = []
    while let block = try reader.next(atMost: 1000) {
      for row in 0..<block.rows.rowCount {
        let record = block.rows.row(row)
        labels.append(Int(record[0]))
        images += record.dropFirst()
      }
    }
    guard let wrong = labels.firstIndex(where: { !(0...9).contains($0) }) else {
      return LabelledSamples(
        inputs: Matrix(
          rowCount: labels.count, columnCount: CIFARRecord.pixelCount, elements: images),
        labels: labels, classCount: 10)
    }
    throw BadInput(
      "\(path): record \(wrong + 1) has the label \(labels[wrong]); CIFAR-10 has classes 0 to 9.")
  }

  private static func idxPair(in folder: String, _ name: String) throws -> (
    images: String, labels: String
  ) {
    func path(_ stem: String) throws -> String {
      for candidate in ["\(folder)/\(stem)", "\(folder)/\(stem).gz"]
      where (try? ByteSource(path: candidate)) != nil { return candidate }
      throw BadInput(
        "\(folder): there is no \(stem) or \(stem).gz; name the folder of MNIST's files.")
    }
    return (try path("\(name)-images-idx3-ubyte"), try path("\(name)-labels-idx1-ubyte"))
  }

  private static func samples(
    _ files: (images: String, labels: String)
  ) throws -> LabelledSamples {
    let images = try DataFile.readMatrix(from: files.images)
    let labels = try DataFile.readArray(from: files.labels).elements.map { Int($0) }
    guard labels.count == images.rowCount, labels.allSatisfy({ (0...9).contains($0) }) else {
      throw BadInput(
        "\(files.labels): \(labels.count) labels do not fit \(images.rowCount) images of ten classes."
      )
    }
    return LabelledSamples(inputs: images, labels: labels, classCount: 10)
  }
}
