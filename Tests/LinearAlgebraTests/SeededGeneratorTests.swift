import Foundation
import LinearAlgebra
import Testing

@Suite struct SeededGeneratorTests {
  // Reference outputs from an independent implementation, whose jump is a power of the state's transition matrix.
  @Test func aKnownStateGivesThePublishedStream() {
    var generator = SeededGenerator(state: (1, 2, 3, 4))
    let outputs = (0..<10).map { _ in generator.next() }
    #expect(
      outputs == [
        11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
        10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
      ])
  }

  @Test func aSeedFixesTheStream() {
    let expected: [UInt64: [UInt64]] = [
      0: [11_091_344_671_253_066_420, 13_793_997_310_169_335_082],
      1: [12_966_619_160_104_079_557, 9_600_361_134_598_540_522],
      .max: [10_328_197_420_357_168_392, 14_156_678_507_024_973_869],
    ]
    for (seed, outputs) in expected {
      var generator = SeededGenerator(seed: seed)
      #expect([generator.next(), generator.next()] == outputs)
    }
  }

  @Test func aJumpIsTheStepTakenTwoToThe128Times() {
    var generator = SeededGenerator(state: (1, 2, 3, 4)).jumped()
    let outputs = (0..<4).map { _ in generator.next() }
    #expect(
      outputs == [
        13_534_147_089_533_256_664, 7_126_240_192_422_241_655, 3_805_973_808_039_778_091,
        11_547_880_530_658_420_384,
      ])
  }

  @Test func splitsDifferAndAreReproducible() {
    var a = SeededGenerator(seed: 7)
    var b = a
    var streams: [[UInt64]] = []
    for _ in 0..<4 {
      var split = a.split()
      #expect(split == b.split())
      var grandchild = split.split()
      streams.append((0..<4).map { _ in split.next() })
      streams.append((0..<4).map { _ in grandchild.next() })
    }
    streams.append((0..<4).map { _ in a.next() })
    #expect(Set(streams.joined()).count == 4 * streams.count)
  }

  @Test func theStateSurvivesCoding() throws {
    var generator = SeededGenerator(seed: 11)
    _ = generator.next()
    let data = try JSONEncoder().encode(generator)
    #expect(try JSONDecoder().decode(SeededGenerator.self, from: data) == generator)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(SeededGenerator.self, from: Data("[0,0,0,0]".utf8))
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(SeededGenerator.self, from: Data("[1,2,3]".utf8))
    }
  }

  @Test func uniformNumbersFillTheUnitInterval() {
    var generator = SeededGenerator(seed: 3)
    let sample = (0..<20_000).map { _ in generator.nextUniform() }
    #expect(sample.allSatisfy { $0 >= 0 && $0 < 1 })
    expectDistribution(sample) { $0 }
  }

  @Test func normalNumbersHaveTheNormalDistribution() {
    var generator = SeededGenerator(seed: 4)
    let sample = (0..<20_000).map { _ in generator.nextGaussian() }
    expectDistribution(sample) { 0.5 * erfc(-$0 / 2.0.squareRoot()) }
    // The mean has standard deviation 1/√n, the variance √(2/n); five of them.
    let n = Double(sample.count)
    let mean = sample.reduce(0, +) / n
    let variance = sample.map { $0 * $0 }.reduce(0, +) / n
    #expect(abs(mean) < 5 / n.squareRoot())
    #expect(abs(variance - 1) < 5 * (2 / n).squareRoot())
  }

  @Test(arguments: [1, 2, 3, 7, 10]) func indicesAreEquallyLikely(bound: Int) {
    var generator = SeededGenerator(seed: 5)
    var counts = [Int](repeating: 0, count: bound)
    let draws = 20_000
    for _ in 0..<draws { counts[generator.nextIndex(below: bound)] += 1 }
    let p = 1 / Double(bound)
    let deviation = (Double(draws) * p * (1 - p)).squareRoot()
    for count in counts { #expect(abs(Double(count) - Double(draws) * p) <= 5 * deviation) }
  }

  @Test func indicesBelowAHugeBoundAreNotBiased() {
    // With bound 3·2⁶¹ a remainder would favour the lowest third two to one.
    var generator = SeededGenerator(seed: 6)
    let bound = 3 << 61
    let draws = 20_000
    let low = (0..<draws).count { _ in generator.nextIndex(below: bound) < bound / 3 }
    #expect(abs(Double(low) - Double(draws) / 3) < 5 * (Double(draws) * 2 / 9).squareRoot())
  }

  @Test func everyOrderIsEquallyLikely() {
    var generator = SeededGenerator(seed: 8)
    var counts: [[Int]: Int] = [:]
    let draws = 24_000
    for _ in 0..<draws { counts[generator.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    let deviation = (Double(draws) / 24 * 23 / 24).squareRoot()
    for count in counts.values { #expect(abs(Double(count) - 1000) < 5 * deviation) }
  }

  @Test func samplesAreSetsOfDifferentIndices() {
    var generator = SeededGenerator(seed: 9)
    #expect(generator.sample(0, below: 0) == [])
    #expect(generator.sample(6, below: 6) == Array(0..<6))
    #expect(generator.sample(3, below: 1 << 60).count == 3)
    var counts: [[Int]: Int] = [:]
    let draws = 20_000
    for _ in 0..<draws { counts[generator.sample(2, below: 5), default: 0] += 1 }
    #expect(counts.count == 10)
    let deviation = (Double(draws) * 0.1 * 0.9).squareRoot()
    for (set, count) in counts {
      #expect(set[0] < set[1])
      #expect(abs(Double(count) - Double(draws) / 10) < 5 * deviation)
    }
  }
}

/// Expects the largest gap between the distribution of a sample and a distribution function to be one that chance
/// exceeds once in 10⁵: P(D > x/√n) ≤ 2 exp(−2x²) with x = 2.5 (Massart 1990).
func expectDistribution(
  _ sample: [Double], sourceLocation: SourceLocation = #_sourceLocation,
  is distribution: (Double) -> Double
) {
  let n = Double(sample.count)
  var gap = 0.0
  for (k, value) in sample.sorted().enumerated() {
    let p = distribution(value)
    gap = max(gap, p - Double(k) / n, Double(k + 1) / n - p)
  }
  #expect(gap < 2.5 / n.squareRoot(), sourceLocation: sourceLocation)
}
