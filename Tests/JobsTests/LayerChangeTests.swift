import DataFormats
import DeepLinear
import Jobs
import LinearAlgebra
import Testing

/// Layers of all kinds, in memory: recognised, changed rightly, or refused with the option to give.
@Suite struct LayerChangeTests {
  typealias Tensor = Safetensors.Tensor

  static func tensor(_ name: String, _ shape: [Int], seed: UInt64? = nil) throws -> Tensor {
    var generator = SeededGenerator(seed: seed ?? name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    let values = (0..<shape.reduce(1, *)).map { _ in generator.nextGaussian() }
    return try Tensor(name: name, type: .float64, shape: shape, values: values)
  }

  static func run(
    _ action: LayerChange.Action, _ tensors: [Tensor], metadata: [String: String] = [:],
    layer: [String] = [], arrays: [String: NPYArray] = [:],
    _ change: (inout LayerChange) -> Void = { _ in }
  ) throws -> LayerChangeResult {
    var request = LayerChange(action, of: DataSource(.upload("m.safetensors")), layer: layer)
    change(&request)
    let bytes = try Safetensors(tensors, metadata: metadata).encoded()
    return try request.run(
      in: JobContext(arrays: arrays, uploads: ["m.safetensors": bytes]), observing: .none)
  }

  static func refusal(_ body: () throws -> LayerChangeResult) -> String {
    do {
      _ = try body()
      return "not refused"
    } catch {
      return "\(error)"
    }
  }

  static func matrix(_ tensor: Tensor?) throws -> Matrix {
    let tensor = try #require(tensor)
    return Matrix(
      rowCount: tensor.shape[0], columnCount: tensor.shape.dropFirst().reduce(1, *),
      elements: try tensor.array().elements)
  }

  static func expectClose(
    _ a: Matrix, _ b: Matrix, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      (a - b).frobeniusNorm <= 1e-13 * (1 + b.frobeniusNorm), sourceLocation: sourceLocation)
  }

  /// GPT-2's names and biases tell a weight stored inputs by outputs, a square one by its like.
  @Test func layersOfGPT2MultiplyFromTheLeft() throws {
    let tensors = try [
      Self.tensor("h.0.attn.c_attn.weight", [6, 18]), Self.tensor("h.0.attn.c_attn.bias", [18]),
      Self.tensor("h.0.attn.c_proj.weight", [6, 6]), Self.tensor("h.0.attn.c_proj.bias", [6]),
      Self.tensor("wte.weight", [20, 6]),
    ]
    let result = try Self.run(.expand, tensors, layer: ["h.*.c_*"])
    for (name, original) in [("c_attn", tensors[0]), ("c_proj", tensors[2])] {
      let factors = try (0...1).map {
        try Self.matrix(result.network.contents["h.0.attn.\(name).\($0).weight"])
      }
      Self.expectClose(factors[0] * factors[1], try Self.matrix(original))
      #expect(result.network.contents["h.0.attn.\(name).1.bias"] != nil)
    }
    // Back again.
    let back = try Self.run(
      .collapse, result.network.contents.tensors, layer: ["h.0.attn.c_attn"])
    Self.expectClose(
      try Self.matrix(back.network.contents["h.0.attn.c_attn.weight"]),
      try Self.matrix(tensors[0]))
    #expect(
      Self.refusal { try Self.run(.expand, Array(tensors[2...3]), layer: ["h.0.attn.c_proj"]) }
        .contains("give --kind linear or --kind gpt2"))
    #expect(
      Self.refusal { try Self.run(.expand, tensors, layer: ["wte"]) }.contains("embedding"))
    // The same names with PyTorch's layout.
    let linear = try [
      Self.tensor("c_attn.weight", [18, 6]), Self.tensor("c_attn.bias", [18]),
      Self.tensor("c_proj.weight", [6, 6]), Self.tensor("c_proj.bias", [6]),
    ]
    let plain = try Self.run(.expand, linear, layer: ["c_proj"])
    Self.expectClose(
      try Self.matrix(plain.network.contents["c_proj.1.weight"])
        * Self.matrix(plain.network.contents["c_proj.0.weight"]), try Self.matrix(linear[2]))
  }

  @Test func whatCannotBeToldIsAskedFor() throws {
    let grouped = try [Self.tensor("c.weight", [8, 4, 3, 3]), Self.tensor("c.bias", [8])]
    let question = Self.refusal { try Self.run(.expand, grouped, layer: ["c"]) }
    #expect(question.contains("give --groups 1"), "\(question)")
    let two = try Self.run(.expand, grouped, layer: ["c"]) { $0.groups = ["2"] }
    #expect(two.network.contents["c.0.weight"]?.shape == [8, 4, 3, 3])
    #expect(two.network.contents["c.1.weight"]?.shape == [8, 4, 1, 1])
    let bias = try [Self.tensor("fc.weight", [8, 6]), Self.tensor("fc.bias", [6])]
    #expect(
      Self.refusal { try Self.run(.expand, bias, layer: ["fc"]) }.contains("give --kind gpt2"))
    #expect(
      try Self.run(.expand, bias, layer: ["fc"]) { $0.kind = ["fc=gpt2"] }
        .network.contents["fc.0.weight"]?.shape == [8, 6])
    let up = try [Self.tensor("up.weight", [3, 16, 3, 3]), Self.tensor("up.bias", [16])]
    let transposed = try Self.run(.compress, up, layer: ["up"]) { $0.rank = 1 }
    #expect(transposed.network.contents["up.0.weight"]?.shape == [3, 1, 1, 1])
    #expect(transposed.network.contents["up.1.weight"]?.shape == [1, 16, 3, 3])
    for (shape, word) in [([0, 5], "no entries"), ([], "0 dimensions"), ([4], "1 dimension;")] {
      let message = Self.refusal {
        try Self.run(.expand, [Self.tensor("x.weight", shape)], layer: ["x"])
      }
      #expect(message.contains(word), "\(message)")
    }
  }

  @Test func chainsOfConvolutionsCollapse() throws {
    func chain(_ first: Int, _ second: Int) throws -> [Tensor] {
      try [
        Self.tensor("n.0.weight", [8, 3, first, first]), Self.tensor("n.0.bias", [8]),
        Self.tensor("n.1.weight", [4, 8, second, second]), Self.tensor("n.1.bias", [4]),
      ]
    }
    let narrow = try chain(1, 3)
    let one = try Self.run(.collapse, narrow, layer: ["n"])
    #expect(one.network.contents["n.weight"]?.shape == [4, 3, 3, 3])
    // A bias comes through every position of the kernel.
    let kernel = LayerForm.convolution.kernels(
      shape: [4, 8, 3, 3], elements: try narrow[2].array().elements, groups: 1)[0]
    let expected = zip(
      kernel.applied(toConstant: try narrow[1].array().elements), try narrow[3].array().elements
    ).map(+)
    let bias = try #require(try one.network.contents["n.bias"]?.array().elements)
    #expect(zip(bias, expected).allSatisfy { abs($0 - $1) <= 1e-13 })
    #expect(one.summary.layers[0].note?.contains("pads nothing") == true)
    let wide = try chain(3, 3)
    #expect(
      Self.refusal { try Self.run(.collapse, wide, layer: ["n"]) }.contains("give --unpadded"))
    let five = try Self.run(.collapse, wide, layer: ["n"]) { $0.unpadded = true }
    #expect(five.network.contents["n.weight"]?.shape == [4, 3, 5, 5])
    #expect(five.summary.layers[0].note == nil)
  }

  @Test func attentionIsALayer() throws {
    let tensors = try [
      Self.tensor("attn.in_proj_weight", [12, 4]), Self.tensor("attn.in_proj_bias", [12]),
    ]
    let expanded = try Self.run(.expand, tensors, layer: ["attn.in_proj"])
    #expect(
      expanded.network.contents.tensors.map(\.name) == [
        "attn.in_proj.0.weight", "attn.in_proj.1.weight", "attn.in_proj.1.bias",
      ])
    let back = try Self.run(
      .collapse, expanded.network.contents.tensors, layer: ["attn.in_proj"])
    #expect(
      back.network.contents.tensors.map(\.name) == ["attn.in_proj_weight", "attn.in_proj_bias"])
    Self.expectClose(
      try Self.matrix(back.network.contents.tensors[0]), try Self.matrix(tensors[0]))
  }

  @Test(arguments: [[5, 1], [1, 4], [1, 1]])
  func weightNormIsTakenTogether(shape: [Int]) throws {
    let (g, v) = try (Self.tensor("fc.weight_g", shape), Self.tensor("fc.weight_v", [5, 4]))
    let result = try Self.run(.collapse, [g, v], layer: ["fc"])
    let (sizes, direction) = (try g.array().elements, try Self.matrix(v))
    var expected = Matrix.zeros(5, 4)
    for i in 0..<5 {
      for j in 0..<4 {
        switch shape {
        case [5, 1]: expected[i, j] = sizes[i] * direction[i, j] / norm(direction.row(i))
        case [1, 4]: expected[i, j] = sizes[j] * direction[i, j] / norm(direction.column(j))
        default: expected[i, j] = sizes[0] * direction[i, j] / direction.frobeniusNorm
        }
      }
    }
    Self.expectClose(try Self.matrix(result.network.contents["fc.weight"]), expected)
    #expect(result.network.contents.tensors.count == 1)
  }

  private func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func pairsOfLoRAAreMergedWhenAskedFor() throws {
    let tensors = try [
      Self.tensor("q.base_layer.weight", [6, 5]), Self.tensor("q.lora_A.default.weight", [2, 5]),
      Self.tensor("q.lora_B.default.weight", [6, 2]), Self.tensor("q.base_layer.bias", [6]),
    ]
    #expect(
      Self.refusal { try Self.run(.compress, tensors, layer: ["q"]) { $0.rank = 1 } }
        .contains("--merge-lora"))
    let result = try Self.run(.collapse, tensors, layer: ["q"]) {
      $0.mergeLora = true
      $0.loraScale = 0.5
    }
    #expect(result.network.contents.tensors.map(\.name) == ["q.weight", "q.bias"])
    Self.expectClose(
      try Self.matrix(result.network.contents["q.weight"]),
      try Self.matrix(tensors[0]) + 0.5 * (Self.matrix(tensors[2]) * Self.matrix(tensors[1])))
    let factors = try Self.run(.expand, tensors, layer: ["q"]) { $0.mergeLora = true }
    Self.expectClose(
      try Self.matrix(factors.network.contents["q.1.weight"])
        * Self.matrix(factors.network.contents["q.0.weight"]),
      try Self.matrix(tensors[0]) + Self.matrix(tensors[2]) * Self.matrix(tensors[1]))
  }

  @Test func tiedWeightsStayTied() throws {
    let weight = try Self.tensor("a.weight", [6, 5])
    let tensors = try [weight, weight.renamed("b.weight"), Self.tensor("b.bias", [6])]
    let result = try Self.run(.compress, tensors, layer: ["a"]) { $0.rank = 2 }
    let contents = result.network.contents
    for number in 0...1 {
      #expect(contents["a.\(number).weight"]?.bytes == contents["b.\(number).weight"]?.bytes)
    }
    #expect(contents["b.1.bias"] != nil && contents["b.weight"] == nil)
    #expect(result.summary.layers.count == 1 && result.summary.layers[0].tiedTo == ["b"])
    // Stored once, and named twice.
    let aliased = try Self.run(
      .compress, [weight], metadata: ["c.weight": "a.weight", "format": "pt"], layer: ["a"]
    ) { $0.rank = 2 }
    #expect(
      aliased.network.contents.metadata == [
        "c.0.weight": "a.0.weight", "c.1.weight": "a.1.weight", "format": "pt",
      ])
    let embedding = [weight, weight.renamed("embed_tokens.weight")]
    #expect(
      Self.refusal { try Self.run(.compress, embedding, layer: ["a"]) { $0.rank = 2 } }
        .contains("shares its weight with the embedding"))
  }

  @Test func whatWouldGrowIsLeft() throws {
    let tensors = try [Self.tensor("one.weight", [1, 30]), Self.tensor("fc.weight", [20, 30])]
    let result = try Self.run(.compress, tensors, layer: ["one,fc"]) { $0.rank = 1 }
    #expect(result.summary.layers[0].left?.contains("no fewer than its 30") == true)
    #expect(result.network.contents["one.weight"] == tensors[0])
    #expect(result.summary.layers[1].parametersAfter == 50)
    // A rank that one of several layers cannot have is no reason to refuse the others.
    let two = try Self.run(.compress, tensors) {
      $0.allLinear = true
      $0.rank = 2
    }
    #expect(two.summary.layers[0].left == "its largest rank is 1")
    #expect(two.summary.layers[1].rank == 2)
    #expect(
      Self.refusal { try Self.run(.compress, tensors, layer: ["one"]) { $0.rank = 2 } }
        .contains("rank 2 does not exist"))
  }

  @Test func allLinearLayersAreFoundAndTheOthersNamed() throws {
    let tensors = try [
      Self.tensor("embed.weight", [30, 8]), Self.tensor("block.fc1.weight", [12, 8]),
      Self.tensor("block.fc2.weight", [8, 12]), Self.tensor("norm.weight", [8]),
      Self.tensor("conv.weight", [8, 2, 3, 3]), Self.tensor("zero.weight", [4, 6]),
    ]
    let result = try Self.run(.compress, tensors) {
      $0.allLinear = true
      $0.rank = 2
    }
    #expect(
      result.summary.layers.map(\.layer) == ["block.fc1", "block.fc2", "zero"])
    #expect(result.summary.skipped?.map(\.layer) == ["embed", "conv"])
    #expect(result.network.contents["norm.weight"] == tensors[3])
    // A pattern takes what can be changed; a name must be one.
    let pattern = try Self.run(.compress, tensors, layer: ["*"]) { $0.rank = 2 }
    #expect(pattern.summary.layers.map(\.layer) == result.summary.layers.map(\.layer))
    #expect(pattern.summary.skipped?.map(\.layer) == ["embed", "conv"])
    #expect(
      Self.refusal { try Self.run(.compress, tensors, layer: ["*,conv"]) { $0.rank = 2 } }
        .contains("give --kind conv"))
    #expect(
      Self.refusal { try Self.run(.compress, tensors, layer: ["other"]) { $0.rank = 2 } }
        .contains("the layers are embed, block.fc1, block.fc2, conv, zero."))
  }

  /// The budget is kept and the error shared out better than by the same rank or the same error everywhere.
  @Test func budgetsAndErrorsAreSharedOut() throws {
    var generator = SeededGenerator(seed: 9)
    func layer(_ name: String, _ decay: Double, _ rows: Int, _ columns: Int) throws -> Tensor {
      let values = (0..<min(rows, columns)).map {
        (0..<$0).reduce(1.0) { value, _ in value * decay }
      }
      let weight = Matrix.random(
        singularValues: values, rowCount: rows, columnCount: columns, using: &generator)
      return try Tensor(
        name: "\(name).weight", type: .float64, shape: [rows, columns], values: weight.elements)
    }
    let tensors = try [layer("a", 0.5, 20, 16), layer("b", 0.95, 16, 24), layer("c", 0.8, 30, 30)]
    let whole = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let names = ["a", "b", "c"]
    let half = try Self.run(.compress, tensors, layer: names) { $0.budget = 0.5 }
    #expect(half.summary.parametersAfter <= whole / 2)
    func error(_ result: LayerChangeResult) -> Double {
      let squares = result.summary.layers.map { ($0.relativeError ?? 0) * ($0.relativeError ?? 0) }
      return (squares.reduce(0, +) / 3).squareRoot()
    }
    let same = try Self.run(.compress, tensors, layer: names) { $0.rank = 4 }
    let spent = try Self.run(.compress, tensors, layer: names) {
      $0.budget = Double(same.summary.parametersAfter) / Double(whole) + 1e-9
    }
    #expect(error(spent) < error(same))
    let bounded = try Self.run(.compress, tensors, layer: names) { $0.error = 0.2 }
    #expect(error(bounded) <= 0.2)
    #expect(
      Self.refusal { try Self.run(.compress, tensors, layer: names) { $0.budget = 0.01 } }
        .contains("rank 1 of every layer takes"))
  }

  /// At equal size the outputs on real inputs are nearer, and their mean is kept by the bias.
  @Test func activationsWeighTheError() throws {
    let tensors = try [Self.tensor("fc.weight", [12, 10]), Self.tensor("fc.bias", [12])]
    var generator = SeededGenerator(seed: 4)
    let x = Matrix.gaussian(rowCount: 300, columnCount: 10, using: &generator)
      .scalingColumns(by: (0..<10).map { 1 / Double(1 + $0 * $0) })
      .map { $0 + 0.7 }
    let inputs = NPYArray(shape: [300, 10], elements: x.elements)
    let weighed = try Self.run(.compress, tensors, layer: ["fc"], arrays: ["x": inputs]) {
      $0.rank = 2
      $0.activations = ["": DataSource(.array("x"))]
    }
    let plain = try Self.run(.compress, tensors, layer: ["fc"]) { $0.rank = 2 }
    func outputs(_ result: LayerChangeResult) throws -> Matrix {
      let contents = result.network.contents
      let product = try Self.matrix(contents["fc.1.weight"]) * Self.matrix(contents["fc.0.weight"])
      return try shifted(x.timesTransposed(product), by: contents["fc.1.bias"])
    }
    let expected = try shifted(x.timesTransposed(Self.matrix(tensors[0])), by: tensors[1])
    let (near, far) = (
      (try outputs(weighed) - expected).frobeniusNorm, (try outputs(plain) - expected).frobeniusNorm
    )
    #expect(near < far)
    let bare = x.timesTransposed(try Self.matrix(tensors[0])).frobeniusNorm
    #expect(abs(near / bare - (weighed.summary.layers[0].outputError ?? 0)) <= 1e-10)
    let mean = (try outputs(weighed) - expected).transposedTimes([Double](repeating: 1, count: 300))
    #expect(mean.allSatisfy { abs($0) <= 1e-9 })
  }

  private func shifted(_ rows: Matrix, by bias: Tensor?) throws -> Matrix {
    let bias = try #require(bias).array().elements
    var result = rows
    for i in 0..<rows.rowCount {
      for j in 0..<rows.columnCount { result[i, j] += bias[j] }
    }
    return result
  }
}
