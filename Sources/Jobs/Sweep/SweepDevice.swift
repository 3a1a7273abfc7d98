import Accelerator
import DeepLinear

/// Where the descents of a sweep are carried out.
public enum SweepDevice: String, Codable, CaseIterable, Sendable {
  /// The processor's cores.
  case processor = "cpu"
  /// An NVIDIA GPU.
  case accelerator = "gpu"
  /// The GPU where there is one and the sweep has enough small descents to fill it.
  case automatic = "auto"
}

/// A place for the descents of a sweep, and how many go there together.
struct SweepPlace {
  /// What advances descents of one shape.
  let backend: any BatchBackend
  /// How many runs are best taken together.
  let size: Int
  /// How many take runs at once.
  let workers: Int?
  /// What was chosen and why, where it was not simply asked for.
  let choice: String?

  /// Two groups of eight to a core.
  static let processor = SweepPlace(
    backend: InterleavedBackend(), size: 16, workers: nil, choice: nil)

  /// Fewer descents than this leave multiprocessors idle.
  static let leastForAccelerator = 1000

  /// The place that a request asks for.
  ///
  /// - Parameters:
  ///   - runCount: how many runs the sweep has.
  ///   - example: a batch of one of its runs; nil where they are no descents of small networks.
  /// - Throws: ``BadInput`` when a GPU is asked for and there is none that can do it.
  init(
    _ device: SweepDevice, runCount: Int, example: (batch: NetworkBatch, descent: Descent)?
  ) throws {
    func refusal() -> String? {
      guard let example else { return "its runs are no gradient descents of small networks" }
      guard case .plain = example.descent.rule else {
        return "the kernels take gradient descent alone"
      }
      guard example.batch.widths.max()! <= AcceleratorBackend.largestWidth else {
        return "the kernels take widths up to \(AcceleratorBackend.largestWidth)"
      }
      return nil
    }
    switch device {
    case .processor: self = .processor
    case .accelerator:
      if let refusal = refusal() {
        throw BadInput("--device gpu cannot carry out this sweep: \(refusal); leave it out.")
      }
      do throws(AcceleratorError) {
        self.init(try Accelerator(), choice: nil)
      } catch {
        throw BadInput("--device gpu: \(error); leave it out to use the processor.")
      }
    case .automatic:
      let reason: String
      if let refusal = refusal() {
        reason = refusal
      } else if runCount < Self.leastForAccelerator {
        reason = "\(runCount) runs do not fill a GPU"
      } else {
        do throws(AcceleratorError) {
          let accelerator = try Accelerator()
          self.init(accelerator, choice: "on the GPU: \(runCount) small descents fill it")
          return
        } catch {
          reason = "\(error)"
        }
      }
      self.init(
        backend: Self.processor.backend, size: Self.processor.size, workers: nil,
        choice: "on the processor: \(reason)")
    }
  }

  private init(_ accelerator: Accelerator, choice: String?) {
    // One thread feeds it; its memory sets how many go at once.
    self.init(
      backend: AcceleratorBackend(accelerator), size: 16_384, workers: 1, choice: choice)
  }

  private init(backend: any BatchBackend, size: Int, workers: Int?, choice: String?) {
    (self.backend, self.size, self.workers, self.choice) = (backend, size, workers, choice)
  }
}
