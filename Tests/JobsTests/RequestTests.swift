import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Testing

@Suite struct RequestTests {
  /// One of each, with every kind of option.
  private static let requests: [any Job] = {
    var complete = Completion(DataSource(.array("x")))
    complete.observed.reading.layout = .triplets
    complete.observed.reading.duplicates = .mean
    complete.penalty = .fixed(0.25)
    complete.method = .nuclear
    complete.clip = ValueRange(-1...2.5)
    complete.truth = DataSource(.upload("truth.csv"))
    complete.seed = 0
    var measure = DataSetMeasurement([DataSource("a.bin")])
    measure.records = .cifar10
    measure.centering = .standardize
    var modes = ModeAnalysis([DataSource("x.npy")])
    modes.targets = [DataSource("y.npy")]
    modes.depth = 3
    var regress = Regression(inputs: DataSource("x.npy"), targets: DataSource(.array("y")))
    regress.rank = 0
    return [
      complete, Prediction(model: DataSource("fit.safetensors"), observed: DataSource("x.csv")),
      regress, Sensing(measurements: DataSource("a.npy"), values: DataSource("b.npy")),
      LayerChange(.compress, of: DataSource("net.safetensors"), layer: ["fc1", "fc2"]),
      Simulation(.file("spec.yaml")), Certification(.text("objective: {}")), modes, measure,
      LandscapeAnalysis(.file("spec.yaml")), DepthRace(.file("spec.yaml")),
      TensorCompletion(DataSource("t.npy")),
      ImageClassification(images: DataSource("x.npy"), labels: DataSource("y.npy")),
      Reproduction(["all"]), ReproductionList(), Sweep(.file("spec.yaml"), output: "sweep"),
      SweepMerge(["a", "b"], output: "whole"), TensorCompletion(DataSource(.array("t"))),
      Autoencoding(inputs: DataSource(.array("x"))),
    ]
  }()

  @Test func everyJobHasANameOfItsOwn() {
    let names = AnyJob.all.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(Set(Self.requests.map { type(of: $0).name }) == Set(names))
  }

  @Test func requestsComeBackFromTheirJSON() throws {
    for request in Self.requests {
      let json = try JSONText.bytes(of: AnyJob(request))
      let again = try JSONText.bytes(of: AnyJob(json: json))
      #expect(json == again, "\(String(decoding: json, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    (#"{"observed": "x.csv"}"#, "the request lacks the key 'job'"),
    (#"{"job": "complet"}"#, "there is no job 'complet'; did you mean 'complete'?"),
    (#"{"job": "complete"}"#, "the request lacks the key 'observed'; add it."),
    (
      #"{"job": "complete", "observed": "x.csv", "dept": 2}"#,
      "unknown key 'dept' in the request; did you mean 'depth'?"
    ),
    (
      #"{"job": "complete", "observed": {"file": "x.csv", "onebased": true}}"#,
      "unknown key 'onebased' in observed; did you mean 'oneBased'?"
    ),
    (
      #"{"job": "complete", "observed": {"file": "x.csv", "array": "x"}}"#,
      "the request has a value for 'observed' that is not one of those known; correct it."
    ),
    (
      #"{"job": "complete", "observed": "x.csv", "depth": "three"}"#,
      "the request has a value of another kind for 'depth'; correct it."
    ),
    (
      #"{"job": "complete", "observed": "x.csv", "method": "magic"}"#,
      "the request has a value for 'method' that is not one of those known; correct it."
    ),
    ("complete x.csv", "the request is not valid JSON; correct it."),
  ])
  func badRequestsAreOneSentence(json: String, sentence: String) {
    let error = #expect(throws: BadInput.self) { try AnyJob(json: Array(json.utf8)) }
    #expect(error?.sentence.hasPrefix(sentence) ?? false, "\(error?.sentence ?? "")")
  }

  @Test func optionsInSentencesTakeTheSpellingOfADoor() {
    let error = BadInput("--interval-output needs a coverage; add --intervals 0.9.")
    #expect(
      error.sentence { "`\($0)`" } == "`intervalOutput` needs a coverage; add `intervals` 0.9.")
  }
}
