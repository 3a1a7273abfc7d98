/// What people call things that have another name in a specification.
enum Synonym {
  /// Words without capitals, dashes and underscores, under the name they mean; earlier names are preferred.
  private static let words: [(name: String, others: Set<String>)] = [
    ("relativeTolerance", ["rtol", "tol", "tolerance", "reltol", "atol", "abstol", "precision"]),
    ("stepSize", ["lr", "learningrate", "eta", "rate", "dt", "step", "stepsize", "alpha"]),
    ("batchSize", ["batch", "minibatch", "bs"]),
    ("momentum", ["beta", "mu"]),
    ("method", ["optimizer", "optim", "optimiser", "solver", "integrator", "rule"]),
    ("restSpeed", ["gtol", "rest"]),
    ("targetLoss", ["ftol", "threshold", "stopat", "goal"]),
    ("descent", ["gd", "sgd", "gradientdescent", "batchgd", "adam", "momentum", "discrete"]),
    ("flow", ["gf", "ode", "gradientflow", "continuous"]),
    ("endToEndFlow", ["e2eflow"]),
    ("exact", ["closedform", "analytic", "analytical"]),
    (
      "gaussian",
      [
        "random", "normal", "randn", "xavier", "glorot", "he", "kaiming", "small", "uniform",
        "default",
      ]
    ),
    ("identity", ["eye", "ones"]),
    ("orthogonal", ["haar", "ortho"]),
    ("spectral", ["svd", "aligned"]),
    ("layers", ["file", "load", "custom", "weights"]),
    ("standardDeviation", ["std", "sigma", "stddev", "sd"]),
    ("scale", ["gain", "size", "epsilon"]),
    ("plain", ["gd", "sgd", "vanilla", "none"]),
    ("heavyBall", ["momentum", "polyak"]),
    ("nesterov", ["nag"]),
    ("groupRMSprop", ["rmsprop", "rms"]),
    (
      "dormandPrince",
      [
        "rk45", "rk4", "rk", "rungekutta", "euler", "dopri5", "dopri8", "dopri", "dop853", "tsit5",
        "explicit",
      ]
    ),
    ("radau", ["bdf", "lsoda", "implicit", "stiff", "rosenbrock", "cvode"]),
    ("regression", ["linear", "mse", "leastsquares", "l2"]),
    ("completion", ["matrixcompletion"]),
    ("sensing", ["matrixsensing"]),
    ("factorization", ["matrixfactorization", "mf", "factorisation"]),
    ("logistic", ["crossentropy", "softmax"]),
    ("inputs", ["x", "data"]),
    ("targets", ["y", "labels", "outputs"]),
    ("target", ["y", "matrix"]),
    ("times", ["t", "tmax", "until", "end", "endtime", "steps", "epochs", "iterations", "every"]),
    ("quantities", ["what", "record", "observables"]),
    ("widths", ["dims", "sizes", "width", "depth", "layersizes", "hidden"]),
    ("initial", ["init", "initialization", "initialisation", "start"]),
    ("dynamics", ["training", "optimizer", "train", "optimization"]),
    ("recording", ["record", "output", "log", "logging"]),
    ("network", ["model", "net"]),
    ("objective", ["loss", "problem", "task"]),
  ]

  /// The choice that a word means in other places; nil if none is known.
  static func meaning(of word: String, among choices: [String]) -> String? {
    let plain = word.lowercased().filter { !"_- ".contains($0) }
    return words.first { $0.others.contains(plain) && choices.contains($0.name) }?.name
  }
}
