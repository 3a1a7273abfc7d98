/// One figure, table or claim of a paper, made anew.
///
/// An experiment is an inert value. It returns what it found as values for a page, and never draws,
/// prints or writes.
public protocol Experiment: Sendable {
  /// What it is: known without running it.
  var item: Item { get }

  /// The quantities of its page that a run may change.
  static var adjustables: [Adjustable<Self>] { get }

  /// Runs it.
  ///
  /// The same conditions give the same findings, bit by bit.
  /// - Throws: ``Interrupted`` when the conditions' observer asks for the end, or the error of a computation.
  func findings(under conditions: Conditions) throws -> Findings
}

/// Thrown where a run ends because its observer asked for it.
public struct Interrupted: Error {
  /// The one error there is.
  public init() {}
}

/// An entry of the catalogue.
public struct Item: Equatable, Sendable {
  /// Lower-case words with hyphens, the paper's first: `gidel-figure-1`.
  public var id: String
  /// Where it is from.
  public var paper: Paper
  /// What it is in the paper and what that is about: `"Figure 1: trace norm against rescaled time"`.
  public var title: String
  /// What a reader learns from it, in a sentence or two.
  public var shows: String
  /// About how long the full run takes on one core of a laptop.
  public var seconds: Double
  /// Places in the table of corrections that bear on it, as they are written there: `"(30), (68)"`.
  public var corrections: [String]
  /// A few lines with the library that make the heart of it; they follow `import DeepLinear`.
  public var snippet: String
  /// What to cite for it, where that is not the paper's citation.
  public var citation: String?

  /// An entry with all that is known before it runs.
  public init(
    id: String, paper: Paper, title: String, shows: String, seconds: Double,
    corrections: [String] = [], snippet: String, citation: String? = nil
  ) {
    self.id = id
    self.paper = paper
    self.title = title
    self.shows = shows
    self.seconds = seconds
    self.corrections = corrections
    self.snippet = snippet
    self.citation = citation
  }
}

/// Where an item is from.
public enum Paper: String, CaseIterable, Codable, Sendable {
  case gidel2019, cohenRazin, cohen2019, tarmoun2021
  /// Not a paper: results newer than the four.
  case later

  /// For a heading.
  public var title: String {
    switch self {
    case .gidel2019: "Gidel, Bach and Lacoste-Julien 2019"
    case .cohenRazin: "Cohen and Razin 2024"
    case .cohen2019: "Cohen 2019"
    case .tarmoun2021: "Tarmoun, França, Haeffele and Vidal 2021"
    case .later: "Results since"
    }
  }

  /// What to cite.
  public var citation: String {
    switch self {
    case .gidel2019:
      "Gauthier Gidel, Francis Bach, Simon Lacoste-Julien. Implicit Regularization of Discrete Gradient Dynamics in Linear Neural Networks. NeurIPS 2019. https://arxiv.org/abs/1904.13262"
    case .cohenRazin:
      "Nadav Cohen, Noam Razin. Lecture Notes on Linear Neural Networks: A Tale of Optimization and Generalization in Deep Learning. 2024. https://arxiv.org/abs/2408.13767"
    case .cohen2019:
      "Nadav Cohen. Slides on implicit regularization in deep matrix factorization, 2019, after Sanjeev Arora, Nadav Cohen, Wei Hu, Yuping Luo. Implicit Regularization in Deep Matrix Factorization. NeurIPS 2019. https://arxiv.org/abs/1905.13655"
    case .tarmoun2021:
      "Salma Tarmoun, Guilherme França, Benjamin D. Haeffele, René Vidal. Understanding the Dynamics of Gradient Flow in Overparameterized Linear Models. ICML 2021. https://proceedings.mlr.press/v139/tarmoun21a.html"
    case .later:
      "Each page names the paper it puts to the test."
    }
  }

  /// The heading of the paper's part in the table of corrections; nil where there are none.
  public var headingOfCorrections: String? {
    switch self {
    case .gidel2019: "Gidel, Bach and Lacoste-Julien, 2019, first version"
    case .cohenRazin: "Cohen and Razin, lecture notes"
    case .cohen2019: "Cohen, slides of 2019"
    case .tarmoun2021: "Tarmoun, França, Haeffele and Vidal, 2021"
    case .later: nil
    }
  }
}
