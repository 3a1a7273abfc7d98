import DataFormats
import LinearAlgebra
import Testing

@Suite struct SafetensorsTests {
  typealias Tensor = Safetensors.Tensor

  func file(_ header: String, _ data: Int) -> ByteSource {
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: data)
    return ByteSource(bytes, named: "m.safetensors")
  }

  @Test func tensorsKeepTypeOrderBytesAndMetadata() throws {
    let values = [0, 1, 1, 0, 1, 1].map(Double.init)
    var tensors: [Tensor] = []
    for (k, type) in ScalarType.allCases.enumerated() {
      tensors.append(
        try Tensor(name: "t\(99 - k) \"é\\\n", type: type, shape: [2, 3], values: values))
    }
    tensors.append(try Tensor(name: "scalar", type: .float32, shape: [], values: [0.1]))
    tensors.append(Tensor(name: "none", type: .float32, shape: [0, 4], bytes: []))
    let file = Safetensors(tensors, metadata: ["format": "pt", "a\u{1}": "b\"\\ü🙂"])
    let bytes = try file.encoded()
    let back = try Safetensors(reading: ByteSource(bytes, named: "m.safetensors"))
    #expect(back == file)
    #expect(try back.encoded() == bytes)
    for type in ScalarType.allCases.indices {
      #expect(try back.tensors[type].array().elements == values)
    }
    #expect(try back["scalar"]?.array().elements == [Double(Float(0.1))])
    let folder = TemporaryFolder()
    try back.write(to: folder.file("m.safetensors"))
    #expect(folder.read("m.safetensors") == bytes)
    #expect(throws: DataFormatError.self) { try back.write(to: folder.file("m.safetensors")) }
  }

  @Test func escapesAreUnderstood() throws {
    let source = file(
      #" {"__metadata__" : {"a\u00e9\/\b":"\ud83d\ude42\t"} , "w\"":{"shape":[2],"dtype":"F16","data_offsets":[0,4]}} "#,
      4)
    let read = try Safetensors(reading: source)
    #expect(read.metadata == ["aé/\u{8}": "🙂\t"])
    #expect(try read["w\""]?.matrix() == Matrix(rows: [[0], [0]]))
  }

  static let bad: [(String, Int, String)] = [
    (
      #"{"a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,4]}}"#, 4,
      "m.safetensors, array 'a': 4 bytes do not make the shape (3,); write the file again."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
      "m.safetensors, array 'a': 4 bytes do not make the shape (2,); write the file again."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
      "m.safetensors, array 'a': the data overlap, leave a gap or go beyond the file; write the file again."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[3000000000,3000000000],"data_offsets":[0,8]}}"#, 8,
      "m.safetensors, array 'a': 8 bytes do not make the shape (3000000000, 3000000000); write the file again."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5,
      "m.safetensors: this is not a valid safetensors file (data follow that belong to no tensor); check that the extension fits the contents."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8,
      "m.safetensors: this is not a valid safetensors file (its header cannot be understood); check that the extension fits the contents."
    ),
    (
      #"{"a":[]}"#, 0,
      "m.safetensors: this is not a valid safetensors file (its header cannot be understood); check that the extension fits the contents."
    ),
  ]

  /// Types of which nothing but the size is known come out as they went in, and cannot be read as numbers.
  @Test func typesThatAreOnlyKeptKeepTheirBytes() throws {
    let header =
      #"{"a":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]},"#
      + #""b":{"dtype":"C64","shape":[1],"data_offsets":[4,12]},"#
      + #""c":{"dtype":"F4","shape":[3,2],"data_offsets":[12,15]},"#
      + #""d":{"dtype":"LATER","shape":[7],"data_offsets":[15,16]}}"#
    let read = try Safetensors(reading: file(header, 16))
    #expect(read.tensors.map(\.typeName) == ["F8_E4M3", "C64", "F4", "LATER"])
    #expect(read.tensors.allSatisfy { $0.type == nil })
    let again = try Safetensors(reading: ByteSource(read.encoded(), named: "m.safetensors"))
    #expect(again == read)
    #expect(
      sentence { () throws(DataFormatError) in _ = try read.tensors[0].array() }
        == "a: the type 'F8_E4M3' is not supported; convert the tensor to F32 or F64.")
  }

  @Test(arguments: bad.indices)
  func damageIsNamed(_ index: Int) {
    let (header, count, expected) = Self.bad[index]
    #expect(
      sentence { () throws(DataFormatError) in try Safetensors(reading: file(header, count)) }
        == expected)
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func halfPrecisionIsThatOfTheProcessor() {
      for pattern in UInt16.min ... .max {
        let expected = Float16(bitPattern: pattern)
        let decoded = SmallFloat.half.decode(pattern)
        #expect(expected.isNaN ? decoded.isNaN : decoded.bitPattern == Double(expected).bitPattern)
        if !expected.isNaN { #expect(SmallFloat.half.encode(decoded) == pattern) }
      }
      var generator = Seeded(14)
      for _ in 0..<100_000 {
        let value = Double(
          sign: .plus, exponent: .random(in: -28...17, using: &generator),
          significand: .random(in: -2...2, using: &generator))
        #expect(SmallFloat.half.encode(value) == Float16(value).bitPattern, "\(value)")
      }
    }
  #endif

  @Test func brainFloatsAreTheUpperHalfOfFloats() {
    for pattern in UInt16.min ... .max {
      let expected = Float(bitPattern: UInt32(pattern) << 16)
      let decoded = SmallFloat.brain.decode(pattern)
      #expect(expected.isNaN ? decoded.isNaN : decoded.bitPattern == Double(expected).bitPattern)
      if !expected.isNaN { #expect(SmallFloat.brain.encode(decoded) == pattern) }
    }
    // Half-way cases go to even: 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷.
    #expect(SmallFloat.brain.encode(1 + 0x1p-8) == 0x3F80)
    #expect(SmallFloat.brain.encode(1 + 3 * 0x1p-8) == 0x3F82)
    #expect(SmallFloat.brain.encode((1 + 0x1p-8).nextUp) == 0x3F81)
  }
}
