import Dynamics
import Testing
import _TestSupport

/// Modes from starts down to 1e-300 and over times up to σt = 10³, against values computed with 60 to 1,500 digits from the
/// hypergeometric form and from the Riccati equation of (u + v)².
@Suite struct ExtremeModeTests {
  struct Deep: Sendable {
    let depth: Int
    let target, curvature, initial, time, value: Double
  }

  @Test(arguments: [
    Deep(
      depth: 3, target: 2, curvature: 0.5, initial: 1e-3, time: 499.4115498841014,
      value: 0.79370052598408548446),
    Deep(
      depth: 3, target: 2, curvature: 0.5, initial: 1e-6, time: 500001.09801216767,
      value: 1.5873994645671471893),
    Deep(
      depth: 4, target: 1.5, curvature: 2, initial: 1e-2, time: 3329.091355232326,
      value: 0.27918145773063658485),
    Deep(
      depth: 5, target: 1, curvature: 1, initial: 0.05, time: 2666.723705405952,
      value: 0.89999999999995036445),
    Deep(
      depth: 7, target: 3, curvature: 0.7, initial: 0.2, time: 208.40377380678515,
      value: 1.2187769308984135359),
    Deep(
      depth: 3, target: 1e-3, curvature: 1, initial: 1e-4, time: 9981317.870324086,
      value: 0.049999999999998618659),
    Deep(
      depth: 6, target: 2, curvature: 0.01, initial: 0.3, time: 15.420458347568767,
      value: 1.6927898225853751671),
  ])
  func deepModes(_ item: Deep) {
    let mode = BalancedMode(
      depth: item.depth, target: item.target, curvature: item.curvature, initial: item.initial)
    // A rounding of the time is magnified up to 800 times here.
    expectClose(mode.layerValue(at: item.time), item.value, relative: 2e-12)
  }

  struct Pair: Sendable {
    let first, second, target, curvature, time, firstValue, secondValue: Double
  }

  @Test(arguments: [
    Pair(
      first: 1e-300, second: 3e-300, target: 2, curvature: 0.5, time: 345,
      firstValue: 0.836501836618132145, secondValue: 0.836501836618132145),
    Pair(
      first: 1e-300, second: 3e-300, target: 2, curvature: 0.5, time: 500, firstValue: 2,
      secondValue: 2),
    Pair(
      first: 1e-150, second: -2e-150, target: 1, curvature: 1, time: 400, firstValue: -1,
      secondValue: -1),
    Pair(
      first: 1e-8, second: 1, target: 1e-3, curvature: 2, time: 5,
      firstValue: 0.000499977238094131277, secondValue: 1.00000012498861145),
    Pair(
      first: 1, second: -1e-12, target: 3, curvature: 1, time: 4, firstValue: 1.88185580327263286,
      secondValue: 1.5941710273088287),
    Pair(
      first: 1e-300, second: 0, target: 1, curvature: 1, time: 650,
      firstValue: 9.78099960685135968e-19, secondValue: 9.78099960685135968e-19),
    Pair(
      first: 1e-170, second: 1e-190, target: 1.5, curvature: 0.25, time: 260,
      firstValue: 0.11838865913808342, secondValue: 0.11838865913808342),
    Pair(
      first: 2, second: 1e-200, target: -1, curvature: 0.3, time: 150,
      firstValue: 2.42637615864280212, secondValue: -1.37379083678346043),
  ])
  func twoLayerModes(_ item: Pair) {
    let (u, v) = TwoLayerMode(
      target: item.target, curvature: item.curvature, first: item.first, second: item.second
    ).layerValues(at: item.time)
    // e^{σt} magnifies the rounding of σt ≤ 10³ to 10³ ε.
    expectClose(u, item.firstValue, relative: 1e-12)
    expectClose(v, item.secondValue, relative: 1e-12)
  }
}
