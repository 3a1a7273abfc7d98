public import LinearAlgebra

extension LinearNetwork {
  /// A network of independent Gaussian weights with mean zero.
  ///
  /// With hidden width d and `standardDeviation` = s/√d, a hidden layer scales lengths by about s.
  ///
  /// - Parameters:
  ///   - widths: d₀, …, d_N.
  ///   - standardDeviation: that of every entry of every layer.
  ///   - generator: where random numbers come from.
  public static func gaussian(
    widths: [Int], standardDeviation: Double, using generator: inout SeededGenerator
  ) -> LinearNetwork {
    requireWidths(widths)
    return LinearNetwork(
      fitting: zip(widths, widths.dropFirst()).map { inputs, outputs in
        .gaussian(
          rowCount: outputs, columnCount: inputs, standardDeviation: standardDeviation,
          using: &generator)
      })
  }
}
