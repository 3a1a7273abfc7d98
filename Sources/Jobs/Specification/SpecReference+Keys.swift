import DeepLinear

extension SpecReference {
  private static let flows = ["flow", "endToEndFlow", "regularizedFlow"]
  private static let descents = ["descent", "endToEndDescent", "regularizedDescent"]
  private static let random = [
    "xavier", "xavierUniform", "lecun", "he", "heUniform", "maximalUpdate",
  ]

  /// The table.
  package static let all: [Key] =
    [root, besides, teacher, objective, network, initial, dynamics, schedule, recording, times]
    .flatMap(\.self)

  private static let root: [Key] = [
    Key(
      place: "", name: "objective", values: "keys", meaning: "What is made small.",
      example: "objective: { kind: factorization, target: y.npy }",
      misnomers: ["loss", "problem", "data", "task"]),
    Key(
      place: "", name: "network", values: "keys", meaning: "What is trained, and where it begins.",
      example: "network: { widths: [10, 10, 10], initial: { kind: balanced, scale: 1.0e-3 } }",
      misnomers: ["model", "architecture", "layers", "net"]),
    Key(
      place: "", name: "dynamics", values: "keys",
      meaning: "How the network moves. `landscape` and `race` do without it.",
      example: "dynamics: { kind: flow }",
      misnomers: ["optimizer", "optimiser", "training", "method", "solver", "algorithm"]),
    Key(
      place: "", name: "recording", values: "keys",
      meaning: "When the run is recorded, and what of it. `landscape` and `race` do without it.",
      example: "recording: { times: [0, 1, 10], quantities: [loss, singularValues] }",
      misnomers: ["record", "output", "log", "logging", "save"]),
    Key(
      place: "", name: "seed", values: "a whole number from 0", standard: "0",
      meaning: "The seed of everything random; --seed takes its place.", example: "seed: 7",
      misnomers: ["randomseed", "rngseed"]),
  ]

  private static let besides: [Key] = [
    Key(
      place: "", name: "teacher", values: "keys", standard: "none",
      meaning:
        "A problem with a known answer, made from the seed; { array: observed } and the like name its parts.",
      example: "teacher: { kind: completion, rows: 20, columns: 20, rank: 2, entries: 200 }",
      misnomers: ["generator", "synthetic"]),
    Key(
      place: "", name: "job", values: "a job's name", standard: "simulate",
      meaning: "What a sweep does at every point; `simulate` takes its own name only.",
      example: "job: simulate"),
    Key(
      place: "", name: "sweep", values: "keys", standard: "none",
      meaning: "The axes of `deeplinear sweep`; one run does not look at them.",
      example: "sweep: { axes: { dynamics.stepSize: [0.1, 0.01] } }", misnomers: ["grid", "axes"]),
  ]

  private static let teacher: [Key] = [
    Key(
      place: "teacher", name: "kind", values: TeacherSpec.kinds.joined(separator: ", "),
      meaning: "What it makes.", example: "kind: completion", misnomers: ["type"]),
    Key(
      place: "teacher", kinds: ["completion", "sensing", "factorization"], name: "rows",
      values: "a whole number from 1", meaning: "d_N.", example: "rows: 20", misnomers: ["m"]),
    Key(
      place: "teacher", kinds: ["completion", "sensing", "factorization"], name: "columns",
      values: "a whole number from 1", meaning: "d_0.", example: "columns: 20", misnomers: ["n"]),
    Key(
      place: "teacher", kinds: ["regression"], name: "inputs", values: "a whole number from 1",
      meaning: "d_0.", example: "inputs: 10"),
    Key(
      place: "teacher", kinds: ["regression"], name: "outputs", values: "a whole number from 1",
      meaning: "d_N.", example: "outputs: 5"),
    Key(
      place: "teacher", kinds: ["completion", "sensing", "regression"], name: "rank",
      values: "a whole number from 1", meaning: "The rank of the truth.", example: "rank: 2",
      misnomers: ["r"]),
    Key(
      place: "teacher", kinds: ["completion"], name: "entries", values: "a whole number from 1",
      standard: "needed unless entriesPerDegree is given", meaning: "How many are known.",
      example: "entries: 200"),
    Key(
      place: "teacher", kinds: ["completion"], name: "entriesPerDegree",
      values: "a positive number", standard: "entries says it",
      meaning: "Known entries over the degrees of freedom r(n + m − r).",
      example: "entriesPerDegree: 2"),
    Key(
      place: "teacher", kinds: ["sensing"], name: "measurements", values: "a whole number from 1",
      standard: "needed unless measurementsPerDegree is given", meaning: "How many there are.",
      example: "measurements: 100"),
    Key(
      place: "teacher", kinds: ["sensing"], name: "measurementsPerDegree",
      values: "a positive number", standard: "measurements says it",
      meaning: "Measurements over the degrees of freedom.", example: "measurementsPerDegree: 2"),
    Key(
      place: "teacher", kinds: ["regression"], name: "samples", values: "a whole number from 1",
      meaning: "The rows of X.", example: "samples: 100"),
    Key(
      place: "teacher", kinds: ["factorization"], name: "singularValues",
      values: "a list of numbers",
      meaning: "Those of Y, in random directions.", example: "singularValues: [2, 1]"),
    Key(
      place: "teacher", kinds: ["completion", "sensing", "regression"], name: "noise",
      values: "a number from 0", standard: "0", meaning: "The standard deviation of noise.",
      example: "noise: 0.1", misnomers: ["sigma", "std"]),
  ]

  private static let objective: [Key] = [
    Key(
      place: "objective", name: "kind",
      values: ObjectiveSpec.kinds.joined(separator: ", "), meaning: "The form of the loss ℓ(W).",
      example: "kind: regression", misnomers: ["type", "name", "loss"]),
    Key(
      place: "objective", kinds: ["regression", "power", "logistic", "sigmoid"], name: "inputs",
      values: "a matrix, m × d_0", meaning: "The inputs X, one sample per row.",
      example: "inputs: x.npy", misnomers: ["x", "data", "features"]),
    Key(
      place: "objective", kinds: ["regression", "power", "logistic", "sigmoid"], name: "targets",
      values: "a matrix, m × d_N",
      meaning:
        "The targets Y, one sample per row; classes as numbers from 0 or one-hot for logistic.",
      example: "targets: y.npy", misnomers: ["y", "labels", "outputs"]),
    Key(
      place: "objective", kinds: ["power"], name: "power", values: "a number above 1",
      meaning: "The power p of the residuals in 1/m Σ ‖W x − y‖_p^p.", example: "power: 4",
      misnomers: ["p", "exponent"]),
    Key(
      place: "objective", kinds: ["covariance"], name: "inputCovariance",
      values: "a symmetric matrix, d_0 × d_0", meaning: "Σx of ½ tr(W Σx Wᵀ) − tr(W Σyxᵀ).",
      example: "inputCovariance: sx.npy", misnomers: ["sx", "sigmax", "sigmaxx"]),
    Key(
      place: "objective", kinds: ["covariance"], name: "crossCovariance",
      values: "a matrix, d_N × d_0", meaning: "Σyx of the same.",
      example: "crossCovariance: syx.npy", misnomers: ["syx", "sigmayx", "sxy", "sigmaxy"]),
    Key(
      place: "objective", kinds: ["completion"], name: "observed",
      values: "a table with holes, or a matrix with null for what is unknown",
      meaning: "The known entries of 1/(2m) Σ (W_ij − b_ij)².", example: "observed: ratings.csv",
      misnomers: ["entries", "matrix", "mask"]),
    Key(
      place: "objective", kinds: ["sensing"], name: "measurements",
      values: "an array, m × d_N × d_0", meaning: "The A_i of 1/(2m) Σ (⟨A_i, W⟩ − b_i)².",
      example: "measurements: a.npy", misnomers: ["a", "sensors"]),
    Key(
      place: "objective", kinds: ["sensing"], name: "values", values: "a list of m numbers",
      meaning: "The b_i of the same.", example: "values: b.npy", misnomers: ["b"]),
    Key(
      place: "objective", kinds: ["factorization"], name: "target", values: "a matrix, d_N × d_0",
      meaning: "Y of ½‖Y − W‖²_F.", example: "target: [[2, 0], [0, 1]]",
      misnomers: ["y", "matrix", "targets"]),
    Key(
      place: "objective", kinds: ["linear"], name: "slope", values: "a matrix, d_N × d_0",
      meaning: "C of ⟨C, W⟩.", example: "slope: c.npy", misnomers: ["c", "gradient"]),
  ]

  private static let network: [Key] = [
    Key(
      place: "network", name: "kind", values: "layered, symmetric", standard: "layered",
      meaning: "W = W_N ⋯ W_1, or W = U Uᵀ.", example: "kind: symmetric",
      misnomers: ["type", "architecture"]),
    Key(
      place: "network", name: "widths", values: "a list d_0, …, d_N; [d, k] for symmetric",
      standard: "those of initial layers",
      meaning: "How wide inputs, hidden layers and outputs are.", example: "widths: [3, 4, 3]",
      misnomers: ["dims", "sizes", "hidden", "layers", "depth", "shape", "width", "layersizes"]),
    Key(
      place: "network", name: "initial", values: "keys", meaning: "Where the network begins.",
      example: "initial: { kind: gaussian, standardDeviation: 0.01 }",
      misnomers: ["init", "initialization", "initialisation", "start"]),
  ]

  private static let initial: [Key] = [
    Key(
      place: "network.initial", name: "kind", values: NetworkSpec.initials.joined(separator: ", "),
      meaning: """
        How the layers are made. balanced: of a given end-to-end matrix, or of a random one. spectral: in the singular \
        vectors of the data. xavier, lecun, he: Gaussian with the variances 2/(in + out), 1/in, 2/in, or uniform with the \
        same. maximalUpdate: Gaussian with the variance 1/in, and 1/in² in the last layer. identityNoise: an identity plus a \
        Gaussian.
        """, example: "kind: balanced", misnomers: ["type", "name"]),
    Key(
      place: "network.initial", kinds: ["layers"], name: "files",
      values: "a list of matrices W_1, …, W_N; the one matrix U for symmetric",
      meaning: "The layers themselves.", example: "files: [w1.npy, w2.npy]",
      misnomers: ["layers", "weights", "matrices"]),
    Key(
      place: "network.initial", kinds: ["gaussian", "identityNoise"], name: "standardDeviation",
      values: "a positive number", meaning: "That of every weight, or of the noise.",
      example: "standardDeviation: 0.01", misnomers: ["std", "sigma", "stddev", "noise", "sd"]),
    Key(
      place: "network.initial", kinds: ["balanced"], name: "endToEnd",
      values: "a matrix, d_N × d_0",
      standard: "a random one of size scale", meaning: "The product of the layers.",
      example: "endToEnd: w.npy", misnomers: ["matrix", "product", "w"]),
    Key(
      place: "network.initial", kinds: ["balanced", "identity", "orthogonal", "identityNoise"],
      name: "scale", values: "a positive number",
      meaning: "The size of every layer's singular values, of the end-to-end matrix for balanced.",
      example: "scale: 1.0e-3", misnomers: ["size", "gain", "alpha", "epsilon"]),
    Key(
      place: "network.initial", kinds: random, name: "gain", values: "a positive number",
      standard: "1", meaning: "A factor of every weight.", example: "gain: 0.5",
      misnomers: ["scale", "factor"]),
    Key(
      place: "network.initial", kinds: ["spectral"], name: "scales",
      values: "a list of numbers, zero and below too; none below zero for symmetric",
      meaning: "The size of each mode of W, in the order of the data's singular values.",
      example: "scales: [0.1, 0.1, -0.01]", misnomers: ["scale", "sizes", "values"]),
    Key(
      place: "network.initial", kinds: ["spectral"], name: "imbalance",
      values: "a list of numbers κ, at most one for each scale", standard: "zeros",
      meaning:
        "Mode r of layer j is |s_r|^{1/N} e^{κ_r θ_j}, θ from −½ at the first layer to ½ at the last.",
      example: "imbalance: [0, 0.5]", misnomers: ["kappa", "imbalances"]),
    Key(
      place: "network.initial", kinds: ["spectral"], name: "difference",
      values: "a number or a list of numbers λ", standard: "zeros",
      meaning:
        "u² − v² of the two layers' sizes u, v of each mode, of W_2ᵀW_2 − W_1W_1ᵀ; in place of imbalance.",
      example: "difference: 0.3", misnomers: ["lambda", "lambda0", "imbalance0"]),
    Key(
      place: "network.initial", kinds: ["spectral"], name: "rotation",
      values: "random, or an orthogonal matrix for each hidden layer in a list", standard: "none",
      meaning: "Turns the hidden units: nothing that the end-to-end matrix shows changes.",
      example: "rotation: random", misnomers: ["g", "q", "rotations"]),
  ]

  private static let dynamics: [Key] = [
    Key(
      place: "dynamics", name: "kind",
      values: DynamicsSpec.Kind.allCases.map(\.rawValue).joined(separator: ", "),
      meaning: """
        Gradient flow or descent of the layers; of the end-to-end matrix that balanced layers have; of two layers with a \
        penalty on their imbalance; or a closed form.
        """, example: "kind: flow", misnomers: ["type", "name"]),
    Key(
      place: "dynamics", kinds: ["exact"], name: "of", values: "flow, descent, regularizedFlow",
      standard: "flow", meaning: "What the closed form is of.", example: "of: regularizedFlow",
      misnomers: ["dynamics"]),
    Key(
      place: "dynamics", kinds: flows, name: "relativeTolerance", values: "1e-14 to 0.1",
      standard: "1e-8", meaning: "The error of a step, relative to each layer.",
      example: "relativeTolerance: 1.0e-10",
      misnomers: [
        "rtol", "tol", "tolerance", "accuracy", "reltol", "atol", "abstol", "precision",
      ]),
    Key(
      place: "dynamics", kinds: flows + descents, name: "method",
      values:
        "for flows \(FlowMethodNames.all); for descents auto, \(DynamicsSpec.rules.joined(separator: ", "))",
      standard: "auto", meaning: "The integrator, or the rule of descent; auto descends plainly.",
      example: "method: radau",
      misnomers: ["integrator", "solver", "rule", "optimizer", "optimiser", "optim"]),
    Key(
      place: "dynamics", kinds: descents + ["exact"], name: "stepSize", values: "a positive number",
      meaning: "The step η of descent.", example: "stepSize: 1.0e-3",
      misnomers: ["learningrate", "lr", "eta", "step", "rate", "dt", "alpha"]),
    Key(
      place: "dynamics", kinds: descents, name: "momentum", values: "a number from 0, below 1",
      standard: "0.9 of heavyBall and nesterov",
      meaning: "The share of the last change that is kept.",
      example: "momentum: 0.9", misnomers: ["beta", "mu"]),
    Key(
      place: "dynamics", kinds: ["descent"], name: "batchSize", values: "a whole number from 1",
      standard: "all samples", meaning: "The samples of one step, without replacement.",
      example: "batchSize: 32", misnomers: ["batch", "minibatch", "batchsize", "bs"]),
    Key(
      place: "dynamics", kinds: ["descent"], name: "labelNoise", values: "a positive number",
      standard: "none",
      meaning: "The standard deviation of noise drawn anew for the targets of every step.",
      example: "labelNoise: 0.1", misnomers: ["noise"]),
    Key(
      place: "dynamics", kinds: ["flow", "descent"], name: "weightDecay", values: "a number from 0",
      standard: "0",
      meaning: "δ of the penalty δ/2 Σ‖W_j‖², which the recorded loss does not have.",
      example: "weightDecay: 1.0e-3", misnomers: ["decay", "l2", "ridge", "regularization", "wd"]),
    Key(
      place: "dynamics", kinds: ["flow", "descent"], name: "layerRates",
      values: "a positive number for each layer", standard: "ones",
      meaning: "How much faster or slower each layer moves.", example: "layerRates: [1, 0.1]",
      misnomers: ["learningrates", "rates", "lrs"]),
    Key(
      place: "dynamics", kinds: descents, name: "schedule", values: "keys", standard: "constant",
      meaning: "How the step size changes.", example: "schedule: { kind: cosine, steps: 1000 }",
      misnomers: ["scheduler", "lrschedule", "annealing"]),
    Key(
      place: "dynamics", kinds: flows + descents, name: "targetLoss", values: "a number",
      standard: "none", meaning: "The run ends where the loss is at most this.",
      example: "targetLoss: 1.0e-6", misnomers: ["stopat", "threshold", "epsilon", "ftol", "goal"]),
    Key(
      place: "dynamics", kinds: flows, name: "restSpeed", values: "a positive number",
      standard: "none",
      meaning: "The run ends where the speed is at most this share of the layers' size.",
      example: "restSpeed: 1.0e-9", misnomers: ["gradienttolerance", "gtol", "rest"]),
    Key(
      place: "dynamics", kinds: ["regularizedFlow", "regularizedDescent", "exact"],
      name: "imbalance",
      values: "a number λ₀ for λ₀ 1, or a symmetric matrix; a number for exact",
      standard: "that of the start", meaning: "Λ of the penalty ω ‖W_2ᵀW_2 − W_1W_1ᵀ − Λ‖².",
      example: "imbalance: 0.5", misnomers: ["lambda", "lambda0"]),
    Key(
      place: "dynamics", kinds: ["regularizedFlow", "regularizedDescent"], name: "penalty",
      values: "a number from 0", standard: "0.125", meaning: "ω of the same.",
      example: "penalty: 0.5",
      misnomers: ["weight", "strength", "gamma"]),
  ]

  private static let schedule: [Key] = [
    Key(
      place: "dynamics.schedule", name: "kind",
      values: StepScheduleNames.all.joined(separator: ", "),
      meaning: """
        stepwise: times factor every so many steps. exponential: times factor^(1/steps) at every step. inverseTime: \
        1/(1 + step/steps). cosine and linear: down to end at so many steps.
        """, example: "kind: cosine", misnomers: ["type", "name"]),
    Key(
      place: "dynamics.schedule", name: "steps", values: "a whole number from 1",
      meaning: "The time of the schedule.", example: "steps: 1000",
      misnomers: ["every", "period", "tmax", "stepsize"]),
    Key(
      place: "dynamics.schedule", kinds: ["stepwise", "exponential"], name: "factor",
      values: "a positive number", standard: "0.5", meaning: "What the step size is multiplied by.",
      example: "factor: 0.1", misnomers: ["gamma", "decay"]),
    Key(
      place: "dynamics.schedule", kinds: ["cosine", "linear"], name: "end",
      values: "a number from 0 to 1", standard: "0",
      meaning: "The share of the step size at the end and after it.", example: "end: 0.01",
      misnomers: ["final", "min", "etamin"]),
    Key(
      place: "dynamics.schedule", name: "warmup", values: "a whole number from 0", standard: "0",
      meaning: "Steps on which the step size first rises evenly.", example: "warmup: 100",
      misnomers: ["warmupsteps"]),
  ]

  private static let recording: [Key] = [
    Key(
      place: "recording", name: "times",
      values: "a list in ascending order, or keys; step counts for descents",
      meaning: "When the run is recorded; it ends at the last.", example: "times: [0, 0.5, 1]",
      misnomers: [
        "steps", "epochs", "iterations", "t", "at", "every", "until", "tmax", "end", "endtime",
      ]),
    Key(
      place: "recording", name: "quantities",
      values: RecordingSpec.quantityNames.joined(separator: ", "), standard: "[singularValues]",
      meaning: "What is recorded beside the loss, under the same names in the archive.",
      example: "quantities: [loss, singularValues, endToEnd]",
      misnomers: ["record", "what", "metrics", "variables", "observables"]),
    Key(
      place: "recording", name: "halfRiseTimes", values: "true, false", standard: "false",
      meaning:
        "Whether a flow locates the time at which each component passes half of its final value.",
      example: "halfRiseTimes: true", misnomers: ["halfrises", "learningtimes"]),
    Key(
      place: "recording", name: "truth", values: "a matrix, d_N × d_0",
      standard: "needed by relativeError", meaning: "What relativeError is against.",
      example: "truth: m.npy", misnomers: ["reference", "groundtruth"]),
    Key(
      place: "recording", name: "schatten", values: "a positive number", standard: "0.5",
      meaning: "p of schattenNorm, (Σ σ^p)^{1/p}.", example: "schatten: 0.667", misnomers: ["p"]),
  ]

  private static let times: [Key] = [
    Key(
      place: "recording.times", name: "from", values: "a number from 0",
      standard: "0; needed for logarithmic", meaning: "The first time.", example: "from: 0.01",
      misnomers: ["start", "begin", "first"]),
    Key(
      place: "recording.times", name: "to", values: "a number", meaning: "The last time.",
      example: "to: 100", misnomers: ["end", "stop", "until", "last"]),
    Key(
      place: "recording.times", name: "count", values: "a whole number from 2",
      meaning: "How many times; whole steps that fall together count once.", example: "count: 50",
      misnomers: ["n", "number", "points", "num"]),
    Key(
      place: "recording.times", name: "spacing", values: "linear, logarithmic", standard: "linear",
      meaning: "How they are spread.", example: "spacing: logarithmic",
      misnomers: ["scale", "kind"]),
  ]
}

/// The names of integrators in one line.
enum FlowMethodNames {
  static let all = FlowMethod.allCases.map(\.rawValue).joined(separator: ", ")
}
