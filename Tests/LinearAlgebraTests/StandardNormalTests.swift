import Foundation
import LinearAlgebra
import Testing
import _TestSupport

@Suite struct StandardNormalTests {
  // Twenty digits from mpmath.
  @Test(arguments: [
    (0x1p-53, -8.2095361516013868556), (0x3p-53, -8.0765710041301246502),
    (0x1p-45, -7.5151552941589075804), (0x1p-36, -6.6510353798930105467),
    (0x1p-30, -6.0093535655307438932), (0x1p-20, -4.763001034267813957),
    (0x1p-10, -3.0972690781987844624), (0x1.47ae147ae147bp-7, -2.3263478740408410931),
    (0x1.999999999999ap-5, -1.644853626951472688), (0x1.3p-4, -1.4450725798180744226),
    (0x1.4p-4, -1.4177971379962673391), (0x1.999999999999ap-4, -1.2815515655446004353),
    (0.25, -0.6744897501960817432), (0.375, -0.31863936396437516302),
    (0.4375, -0.15731068461017069552), (0x1.ff8p-2, -0.0012239398928049801808),
    (0x1.00002p-1, 2.3905070062955740613e-6), (0.9375, 1.5341205443525463117),
    (0x1.fae147ae147aep-1, 2.3263478740408407676), (0x1.fffffffffffffp-1, 8.2095361516013868556),
  ])
  func quantilesAreGoodToFourUnitsInTheLastPlace(probability: Double, expected: Double) {
    expectClose(StandardNormal.quantile(probability), expected, ulps: 4)
  }

  @Test func theDistributionIsSymmetricToTheBit() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      let p = Double((generator.next() >> 12) << 1 | 1) * 0x1p-53
      #expect(StandardNormal.quantile(1 - p) == -StandardNormal.quantile(p))
    }
  }

  @Test func theStreamHasFixedBits() {
    var generator = SeededGenerator(seed: 0)
    let bits = (0..<4).map { _ in generator.nextGaussian().bitPattern }
    // The same operations in another language give these.
    #expect(
      bits == [
        4_598_294_431_299_527_910, 4_604_187_539_079_993_142, 13_831_745_791_372_026_612,
        13_820_128_703_176_590_996,
      ])
  }

  @Test func theLogarithmAgreesWithTheLibrary() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<1000 {
      let x = generator.nextUniform() * 0x1p-20 + 0x1p-60
      expectClose(StandardNormal.logarithm(x), log(x), ulps: 3)
    }
  }
}
