import Accelerator
import SweepStore
import Testing

@testable import Jobs

@Suite("Where the descents of a sweep are carried out") struct SweepDeviceTests {
  static let hasAccelerator = (try? Accelerator()) != nil

  @Test("is the processor when nothing else is asked for") func usual() throws {
    let place = try SweepPlanTests.plan(["dynamics.stepSize=0.1,0.2"]).place(.processor)
    #expect(place.choice == nil && place.workers == nil)
  }

  @Test("is refused with the reason where there is no GPU", .enabled(if: !hasAccelerator))
  func refused() throws {
    let plan = try SweepPlanTests.plan(["dynamics.stepSize=0.1,0.2"])
    #expect { try plan.place(.accelerator) } throws: { error in
      "\(error)".hasPrefix("--device gpu: ") && "\(error)".contains("NVIDIA")
    }
  }

  @Test("is left to the sweep, which says why it stays on the processor") func automatic() throws {
    let few = try SweepPlanTests.plan(["dynamics.stepSize=0.1,0.2"]).place(.automatic)
    #expect(few.choice == "on the processor: 2 runs do not fill a GPU")
    let wide = try SweepPlanTests.plan(sweep: "{axes: {dynamics.stepSize: [0.1]}}") {
      $0.set = ["network.widths=[3, 200, 3]"]
    }
    #expect(
      try wide.place(.automatic).choice
        == "on the processor: the kernels take widths up to \(AcceleratorBackend.largestWidth)")
  }

  @Test("gives what the processor gives", .enabled(if: hasAccelerator)) func accelerator() throws {
    let plan = try SweepPlanTests.plan(["dynamics.stepSize=0.01:0.1:6:log"])
    let tasks = plan.points.indices.map { SweepTask(point: $0, replicate: 0) }
    let here = plan.perform(tasks, keeping: nil) { true }
    let there = plan.perform(tasks, on: try plan.place(.accelerator), keeping: nil) { true }
    for (a, b) in zip(here, there) {
      for (x, y) in zip(a.measures, b.measures) {
        #expect(abs(try #require(x) - #require(y)) <= 1e-12 * (1 + abs(x!)))
      }
    }
  }
}
