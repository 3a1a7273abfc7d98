public import Dynamics
public import LinearAlgebra

extension ConvolutionalClassifier {
  /// A trained classifier.
  public struct Fit: Sendable {
    package let network: ClassifierNetwork<Float>
    let scaling: PixelScaling
    /// The shape of every image.
    public let imageShape: ImageShape
    /// The mean cross-entropy of each step's batch, before the step.
    public let losses: [Double]
    /// `converged` when all epochs are done.
    public let outcome: Outcome

    /// How many classes there are.
    public var classCount: Int { network.outputCount }
    /// How many numbers there are to learn.
    public var parameterCount: Int { network.parameters.count }

    /// The factors W_1, …, W_N of each dense layer: each outputs × inputs, the first acts first.
    ///
    /// The inputs of the first layer are ordered as ``ImageShape`` orders pixels.
    public var denseFactors: [[Matrix]] {
      network.denseLayers.map { $0.map { network.weight(at: $0) } }
    }

    /// The bias of each dense layer.
    public var denseBiases: [[Double]] {
      network.denseLayers.map { network.bias(at: $0.upperBound - 1) }
    }

    /// The kernels of each convolution, one per row, ordered as ``ImageShape`` orders pixels.
    public var kernels: [Matrix] {
      network.layers.indices.compactMap { place in
        if case .convolution = network.layers[place] { network.kernels(at: place) } else { nil }
      }
    }

    /// The same function with one matrix in each dense layer, equal to rounding in single precision.
    public func collapsed() -> Fit {
      Fit(
        network: network.collapsed(), scaling: scaling, imageShape: imageShape, losses: losses,
        outcome: outcome)
    }

    /// The probability of each class, one image per row.
    ///
    /// - Precondition: the images have the shape of those the classifier was fitted to.
    public func probabilities(_ images: Matrix) -> Matrix {
      let count = classCount
      var result = Matrix(rowCount: images.rowCount, columnCount: count)
      result.withUnsafeMutableElements { result in
        forEachBatch(of: images) { first, batch, outputs in
          for sample in 0..<batch {
            let row = outputs + sample * count
            SoftmaxCrossEntropy.normalise(row, count)
            for c in 0..<count { result[(first + sample) * count + c] = Double(row[c]) }
          }
        }
      }
      return result
    }

    /// The likeliest class of each image, of equal ones the first.
    ///
    /// - Precondition: the images have the shape of those the classifier was fitted to.
    public func predict(_ images: Matrix) -> [Int] {
      var result: [Int] = []
      result.reserveCapacity(images.rowCount)
      forEachBatch(of: images) { _, batch, outputs in
        for sample in 0..<batch {
          let row = outputs + sample * classCount
          var best = 0
          for c in 1..<classCount where row[c] > row[best] { best = c }
          result.append(best)
        }
      }
      return result
    }

    /// The share of images whose likeliest class is the label.
    ///
    /// - Precondition: a label for each image, and at least one.
    public func accuracy(_ images: Matrix, labels: [Int]) -> Double {
      precondition(
        images.rowCount == labels.count && !labels.isEmpty,
        "\(labels.count) labels do not go with \(images.rowCount) images")
      let hits = zip(predict(images), labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      return Double(hits) / Double(labels.count)
    }

    /// Gives the logits of some images at a time, which may be changed.
    private func forEachBatch(
      of images: Matrix, _ body: (_ first: Int, _ count: Int, UnsafeMutablePointer<Float>) -> Void
    ) {
      precondition(
        images.columnCount == imageShape.count,
        "a row of \(images.columnCount) numbers is no image of \(imageShape.count)")
      let capacity = max(1, min(128, images.rowCount))
      let workspace = ClassifierWorkspace<Float>(network.layers, capacity: capacity)
      for first in stride(from: 0, to: images.rowCount, by: capacity) {
        let rows = first..<min(first + capacity, images.rowCount)
        scaling.write(images, rows: rows, to: workspace.inputs)
        network.forward(workspace, count: rows.count)
        body(first, rows.count, workspace.outputs)
      }
    }
  }
}
