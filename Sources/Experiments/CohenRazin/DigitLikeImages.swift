import LinearAlgebra
import RealModule

/// Gray images of ten classes for a network that is made for digits.
enum DigitLikeImages {
  /// Each class is three bright spots at random places; each image shows them shifted by up to a pixel, with noise.
  static func samples(
    training: Int, test: Int, side: Int, using generator: inout SeededGenerator
  ) -> (training: LabelledSamples, test: LabelledSamples) {
    let classCount = 10
    let spots = (0..<classCount).map { _ in
      (0..<3).map { _ in
        (
          row: 2 + Double(side - 5) * generator.nextUniform(),
          column: 2 + Double(side - 5) * generator.nextUniform()
        )
      }
    }
    func draw(_ count: Int) -> LabelledSamples {
      var images = Matrix(rowCount: count, columnCount: side * side)
      let labels = (0..<count).map { _ in generator.nextIndex(below: classCount) }
      for (sample, label) in labels.enumerated() {
        let shift = (generator.nextUniform() * 2 - 1, generator.nextUniform() * 2 - 1)
        for row in 0..<side {
          for column in 0..<side {
            var value = 0.15 * generator.nextGaussian()
            for spot in spots[label] {
              let y = Double(row) - spot.row - shift.0
              let x = Double(column) - spot.column - shift.1
              value += Double.exp(-(x * x + y * y) / 2)
            }
            images[sample, row * side + column] = value
          }
        }
      }
      return LabelledSamples(inputs: images, labels: labels, classCount: classCount)
    }
    return (draw(training), draw(test))
  }
}

extension LabelledSamples {
  /// The first samples, or all where there are fewer.
  func first(_ count: Int) -> LabelledSamples {
    let count = min(count, labels.count)
    return LabelledSamples(
      inputs: inputs.firstRows(count), labels: Array(labels.prefix(count)), classCount: classCount)
  }
}
