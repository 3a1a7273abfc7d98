import DeepLinear
import Foundation

/// One epoch of a convolutional classifier over 60,000 images of 28×28 pixels, plain and with dense layers of two
/// factors.
///
/// With DEEPLINEAR_MNIST set to a folder with the unpacked MNIST files, on those; on noise otherwise, which takes as
/// long.
enum ClassifierEpoch {
  static func run() throws {
    let folder = ProcessInfo.processInfo.environment["DEEPLINEAR_MNIST"]
    print(
      "\nConvolutional classifier, one epoch of 60,000 images (\(folder == nil ? "noise" : "MNIST"))"
    )
    print("dense layers   CPU s  loss of steps 1–100, of the last 100   test accuracy")
    let training = try samples("train", folder, count: 60_000, seed: 1)
    let test = try samples("t10k", folder, count: 10_000, seed: 2)
    for depths in [[1, 1], [2, 2]] {
      let start = processorSeconds()
      let fit = try ConvolutionalClassifier(denseDepths: depths)
        .fit(training.images, labels: training.labels)
      let seconds = processorSeconds() - start
      print(
        String(
          format: "depth %d      %7.1f  %19.4f  %18.4f  %13.4f", depths[0], seconds,
          fit.losses.prefix(100).reduce(0, +) / 100, fit.losses.suffix(100).reduce(0, +) / 100,
          fit.accuracy(test.images, labels: test.labels)))
    }
  }

  private static func samples(
    _ part: String, _ folder: String?, count: Int, seed: UInt64
  ) throws -> (images: Matrix, labels: [Int]) {
    guard let folder else {
      var generator = SeededGenerator(seed: seed)
      let images = Matrix.gaussian(rowCount: count, columnCount: 784, using: &generator)
      return (images, (0..<count).map { _ in generator.nextIndex(below: 10) })
    }
    func bytes(_ name: String, header: Int) throws -> [UInt8] {
      let file = URL(fileURLWithPath: folder).appendingPathComponent("\(part)-\(name)-ubyte")
      return Array(try Data(contentsOf: file).dropFirst(header))
    }
    let pixels = try bytes("images-idx3", header: 16)
    return (
      Matrix(
        rowCount: pixels.count / 784, columnCount: 784, elements: pixels.map { Double($0) }),
      try bytes("labels-idx1", header: 8).map { Int($0) }
    )
  }
}
