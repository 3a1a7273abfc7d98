package import LinearAlgebra
import RealModule

/// The mean over samples of log Σ_c exp z_c − z_label, one sample per row of logits.
package enum SoftmaxCrossEntropy {
  /// The loss, and in place of the logits its derivatives by them, (p_c − [c = label])/count.
  package static func differentiate<Scalar: ProductScalar>(
    _ logits: UnsafeMutablePointer<Scalar>, classCount: Int, labels: UnsafeBufferPointer<Int>
  ) -> Double {
    let scale = 1 / Double(labels.count)
    var sum = 0.0
    for (sample, label) in labels.enumerated() {
      let row = logits + sample * classCount
      let correct = Double(row[label])
      sum += normalise(row, classCount, times: Scalar(scale)) - correct
      row[label] -= Scalar(scale)
    }
    return sum * scale
  }

  /// Replaces logits by a multiple of their probabilities and returns log Σ exp. The largest logit is taken out
  /// first, so that nothing overflows.
  @discardableResult
  package static func normalise<Scalar: ProductScalar>(
    _ row: UnsafeMutablePointer<Scalar>, _ classCount: Int, times factor: Scalar = 1
  ) -> Double {
    var largest = row[0]
    for c in 1..<classCount { largest = max(largest, row[c]) }
    var sum = 0.0
    for c in 0..<classCount {
      let power = Double.exp(Double(row[c] - largest))
      row[c] = Scalar(power)
      sum += power
    }
    let scale = factor / Scalar(sum)
    for c in 0..<classCount { row[c] *= scale }
    return Double(largest) + .log(sum)
  }
}
