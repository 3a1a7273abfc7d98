import DeepLinear

/// One run of `certify`: read, check, report.
struct Certification {
  let command: CertifyCommand

  func run() throws {
    if let folder = command.report {
      try ReportFolder.check(folder, overwrite: command.shared.force)
    }
    let spec = try SimulationSpec(command.spec, seed: command.shared.seed)
    let recorded = try command.trajectory.map { try TrajectoryFile($0, of: spec) }
    let run = CertifiedRun(
      objective: spec.objective.objective, from: spec.network.exactStart, moving: spec.motion,
      accuracy: spec.accuracy, recorded: recorded?.trajectory)
    let certificates = try Certificates.all(for: run)
    let summary = CertificationSummary(
      certificates, of: spec, trajectory: recorded, accuracy: spec.accuracy, command: command)
    if let folder = command.report {
      try CertificationReport(
        certificates: certificates, trajectory: recorded?.trajectory, spec: spec,
        summary: summary, command: command
      ).write(to: folder)
    }
    if command.shared.json {
      try JSONOutput.write(summary)
    } else {
      print(summary.text)
    }
    let violated = certificates.filter { $0.verdict == .violated }.map(\.claim)
    guard violated.isEmpty else {
      StandardError.write(
        "deeplinear: the trajectory violates \(violated.joined(separator: ", ")); "
          + "it is not what the specification describes, or the integration is not accurate enough.\n"
      )
      throw Ended.withoutResult
    }
  }
}

extension NetworkSpec {
  /// The start in the words of closed forms and certificates.
  var exactStart: ExactSolutions.Start {
    switch start {
    case .layered(let network): .layered(network)
    case .symmetric(let network): .symmetric(factor: network.factor)
    }
  }
}

extension SimulationSpec {
  /// The dynamics in the words of certificates.
  var motion: CertifiedRun.Motion {
    switch dynamics.kind {
    case .flow, .exact: return .flow
    case .endToEndFlow: return .endToEndFlow
    // Without a Λ of its own it is that of the start.
    case .regularizedFlow: return .regularizedFlow(startsBalanced: dynamics.imbalance == nil)
    case .endToEndDescent: return .other("descent on the end-to-end matrix")
    case .descent:
      if dynamics.batchSize != nil { return .other("descent with batches") }
      guard case .plain = dynamics.rule else {
        return .other("descent by \(dynamics.rule.name)")
      }
      return .descent(stepSize: dynamics.stepSize)
    }
  }

  /// How far what `simulate` records may be from what theory speaks of, relatively: rounding, and for an
  /// integrated flow the errors of its steps, which add up to more than the tolerance of one.
  var accuracy: Double {
    switch dynamics.kind {
    case .flow, .endToEndFlow, .regularizedFlow: max(1e-9, 100 * dynamics.relativeTolerance)
    case .descent, .endToEndDescent, .exact: 1e-9
    }
  }
}
