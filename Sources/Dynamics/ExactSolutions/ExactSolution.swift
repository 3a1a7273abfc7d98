/// A trajectory from a closed form, and why it applies.
public struct ExactSolution: Equatable, Sendable {
  /// The closed forms there are.
  public enum Method: String, CaseIterable, Sendable {
    /// One layer: the flow is linear.
    case linearModel
    /// Layers, target and inputs share singular vectors: independent scalar modes.
    case spectralModes
    /// W = U Uᵀ towards any symmetric target.
    case symmetricRiccati
    /// Two layers with W₂ᵀW₂ − W₁W₁ᵀ = λ₀ 1, white inputs, any target.
    case imbalancedFactorization
    /// Gradient descent of one layer.
    case linearDescent
    /// Two layers with a penalty on W₂ᵀW₂ − W₁W₁ᵀ − λ₀ 1, inputs of unit variance, any target and start.
    case regularizedFactorization

    /// The method in words, with its source.
    public var title: String {
      switch self {
      case .linearModel: "linear model (Gidel et al. 2019, Equation 17)"
      case .spectralModes:
        "independent singular modes (Gidel et al. 2019, Theorem 1; Tarmoun et al. 2021, Equation 15)"
      case .symmetricRiccati: "symmetric Riccati equation (Tarmoun et al. 2021, Proposition 1)"
      case .imbalancedFactorization:
        "two layers with imbalance a multiple of the identity (Tarmoun et al. 2021, Proposition 5)"
      case .linearDescent: "descent of the linear model (Gidel et al. 2019, Equation 33)"
      case .regularizedFactorization:
        "two layers with a penalty on their imbalance (Tarmoun et al. 2021, Equation 20)"
      }
    }
  }

  /// A special kind of problem that was recognised.
  public enum Recognition: String, Sendable {
    /// Σx is a multiple of the identity.
    case whiteInputs
    /// Σyx = Σx: the targets are the inputs.
    case autoencoder
    case general
  }

  /// The closed form.
  public let method: Method
  /// What was recognised in the problem.
  public let recognition: Recognition
  /// What was checked, with the numbers measured; all hold.
  public let hypotheses: [Hypothesis]
  /// Recorded at the times asked for; its outcome is `converged`.
  public let trajectory: Trajectory
  /// Whether the layers are determined. Where they are not, recorded layers are right up to an orthogonal
  /// matrix between neighbouring layers (or to the right of U), and the end-to-end matrix, the loss, the
  /// singular values and the unbalancedness are right.
  public let determinesLayers: Bool
}

/// Why no closed form applies: for each that was tried, the hypotheses that were checked.
public struct NoExactSolution: Error, Equatable, Sendable {
  /// One closed form and what was found for it.
  public struct Attempt: Equatable, Sendable {
    /// The closed form.
    public let method: ExactSolution.Method
    /// What was checked, with the numbers measured.
    public let hypotheses: [Hypothesis]

    /// Those that fail.
    public var failing: [Hypothesis] { hypotheses.filter { !$0.holds } }
  }

  /// Every closed form that was tried.
  public let attempts: [Attempt]
}

extension NoExactSolution: CustomStringConvertible {
  /// One line for each closed form: the hypotheses that fail, and by how much.
  public var description: String {
    attempts.map { attempt in
      let failures = attempt.failing.map(\.description)
      return "\(attempt.method.rawValue): " + failures.joined(separator: "; ")
    }.joined(separator: "\n")
  }
}
