import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Integrals of the end-to-end field around closed curves.
  struct Remark1: Experiment {
    let item = Item(
      id: "cohen-razin-remark-1", paper: .cohenRazin,
      title: "Remark 1: no other loss has these dynamics",
      shows: """
        Around a closed curve the end-to-end field of two or more layers does work, so it is no \
        gradient; for some maps with one output it is one all the same.
        """,
      seconds: 4,
      snippet: """
        let target = Matrix(rows: [[1, 0], [0, 2]])
        let circle = ClosedCurve(
          center: Matrix(rows: [[1, 1], [0, 1]]), first: Matrix(rows: [[0.3, 0], [0, 0]]),
          second: Matrix(rows: [[0, 0.3], [0, 0]]))
        for depth in 1...4 {
          print(depth, try circle.lineIntegral(ofEndToEndField: { $0 - target }, depth: depth))
        }
        """)

    private let depths = [2, 3, 4]
    private let radii = (0...8).map { Double.exp10(-2 + Double($0) * 0.125) }

    private struct Measurement {
      var oneLayer: [Double]
      /// Per depth, for each radius.
      var deeper: [[Double]]
      var quadrature: [Double]
      /// One input and output, depths 2, 3, 4.
      var scalar: Double
      var twoLayersLinear: [Double]
      var threeLayersLinear: [Double]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try measure(using: &generator)
      }
      // Stokes: the integral is the curl times the area, up to relative corrections of order r².
      let near = radii.indices.filter { radii[$0] <= 0.04 }
      let orders = measured.flatMap { one in
        one.deeper.map { integrals in
          CohenRazin.growthOrder(of: near.map { integrals[$0] }, in: near.map { radii[$0] })
        }
      }
      let vanishing = measured.flatMap { $0.oneLayer + $0.twoLayersLinear + [$0.scalar] }.max()!
      let smallest = measured.flatMap { $0.deeper.map(\.last!) }.min()!
      return Findings(
        summary: [
          Fact("smallest work of two to four layers", .number(smallest)),
          Fact("largest where there is a potential", .number(vanishing)),
        ],
        settings: [
          Fact("shape of W", "2×3"), Fact("depths", "1, 2, 3, 4"),
          Fact("curves", "circles in random planes around random centers"),
          Fact("largest radius", .number(radii.last!)), Fact("points of the quadrature", "512"),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "one layer: largest |∮⟨F, dW⟩|", .atMost, expected: 1e-12,
            measured: measured.flatMap(\.oneLayer).max()!),
          // Twice the points change the sum by the error of the quadrature only.
          Claim(
            "two to four layers: least |∮⟨F, dW⟩| over the error of its quadrature",
            source: "Remark 1", .atLeast, expected: 1e3,
            measured: measured.flatMap { one in
              zip(one.deeper, one.quadrature).map { $0.last! / max($1, 1e-15) }
            }.min()!),
          Claim(
            "two to four layers: order of the integral in the radius, median",
            source: "Stokes' theorem", expected: 2, measured: orders.median,
            tolerance: 0.05),
          Claim(
            "scalar maps, two to four layers: largest integral", source: "counterexample",
            .atMost, expected: 1e-12, measured: measured.map(\.scalar).max()!),
          Claim(
            "two layers, one output, linear ℓ: largest integral", source: "counterexample",
            .atMost, expected: 1e-12, measured: measured.flatMap(\.twoLayersLinear).max()!),
          Claim(
            "three layers, one output, linear ℓ: least integral at the largest radius", .atLeast,
            expected: 1e-10, measured: measured.map { $0.threeLayersLinear.last! }.min()!),
        ],
        notices: [
          Notice(
            .caution,
            "The remark says 'under mild conditions'. The slides of 2019 take ∇ℓ(0) ≠ 0 for enough; it is not: for one input and one output every field is a gradient, and for two layers with one output and ℓ(w) = ⟨z, w⟩ the field is the gradient of |w|⟨z, w⟩."
          )
        ],
        sections: [
          Section(
            heading: "Work around a circle",
            blocks: [.figure(figure(measured))])
        ])
    }

    private func measure(using generator: inout SeededGenerator) throws -> Measurement {
      let objective = try CohenRazin.regression(
        outputs: 2, inputs: 3, teacher: [2, 1], using: &generator)
      let circles = circles(outputs: 2, inputs: 3, using: &generator)
      func integral(_ circle: ClosedCurve, _ depth: Int, points: Int = 512) throws -> Double {
        abs(
          try circle.lineIntegral(
            ofEndToEndField: { objective.gradient(at: $0) }, depth: depth, points: points))
      }
      let rows = self.circles(outputs: 1, inputs: 3, using: &generator)
      let slope = Matrix.gaussian(rowCount: 1, columnCount: 3, using: &generator)
      let deeper = try depths.map { depth in try circles.map { try integral($0, depth) } }
      let one = Matrix(rows: [[1]])
      let line = ClosedCurve(center: 3 * one, first: one, second: 0.5 * one)
      return Measurement(
        oneLayer: try circles.map { try integral($0, 1) }, deeper: deeper,
        quadrature: try depths.enumerated().map { place, depth in
          abs(try integral(circles.last!, depth, points: 1024) - deeper[place].last!)
        },
        scalar: try depths.map {
          abs(try line.lineIntegral(ofEndToEndField: { $0 - one }, depth: $0))
        }.max()!,
        twoLayersLinear: try rows.map {
          abs(try $0.lineIntegral(ofEndToEndField: { _ in slope }, depth: 2, points: 512))
        },
        threeLayersLinear: try rows.map {
          abs(try $0.lineIntegral(ofEndToEndField: { _ in slope }, depth: 3, points: 512))
        })
    }

    /// Circles of all radii in one random plane, well away from matrices of lower rank, where the field has
    /// no second derivative.
    private func circles(
      outputs: Int, inputs: Int, using generator: inout SeededGenerator
    ) -> [ClosedCurve] {
      let center = Matrix.random(
        singularValues: outputs == 1 ? [1.5] : [2, 1], rowCount: outputs, columnCount: inputs,
        using: &generator)
      let plane = Matrix.orthogonal(
        rowCount: outputs * inputs, columnCount: 2, using: &generator)
      let (first, second) = (
        Matrix(rowCount: outputs, columnCount: inputs, elements: plane.column(0)),
        Matrix(rowCount: outputs, columnCount: inputs, elements: plane.column(1))
      )
      return radii.map { ClosedCurve(center: center, first: $0 * first, second: $0 * second) }
    }

    private func figure(_ measured: [Measurement]) -> Figure {
      func medians(_ integrals: (Measurement) -> [Double]) -> [Double] {
        radii.indices.map { k in max(measured.map { integrals($0)[k] }.median, 1e-18) }
      }
      return Figure(
        title: "The work of the end-to-end field around circles",
        caption:
          "|∮⟨F, dW⟩| against the radius, median over the problems. It grows with the area where the field is no gradient, and is rounding where it is one.",
        .lines(
          LinePlot(
            horizontal: Axis("radius of the circle", .logarithmic),
            vertical: Axis("|∮⟨F, dW⟩|", .logarithmic),
            series: depths.enumerated().map { place, depth in
              Series(
                "\(depth) layers", x: radii, y: medians { $0.deeper[place] },
                style: .connectedPoints, color: .palette(place))
            } + [
              Series(
                "3 layers, one output, linear loss", x: radii, y: medians(\.threeLayersLinear),
                style: .connectedPoints, color: .palette(3)),
              Series(
                "2 layers, one output, linear loss", x: radii, y: medians(\.twoLayersLinear),
                style: .dashed, color: .palette(4)),
              Series(
                "1 layer", x: radii, y: medians(\.oneLayer), style: .dotted, color: .palette(5)),
            ])))
    }
  }
}
