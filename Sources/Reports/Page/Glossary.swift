/// What ten words on the pages mean; every report has them beside it.
public enum Glossary {
  /// A word and what it means.
  public struct Entry: Equatable, Sendable {
    /// The word.
    public let word: String
    /// What it means, in a sentence or two.
    public let meaning: String

    init(_ word: String, _ meaning: String) {
      self.word = word
      self.meaning = meaning
    }
  }

  /// The ten, in the order of a page.
  public static let entries = [
    Entry(
      "deep linear network",
      "A product of matrices, W = W_N ⋯ W_1, whose factors are trained one beside the other; its depth N is how many there are."
    ),
    Entry(
      "singular value",
      "The strength of one component of a matrix: every matrix is a sum of components, each a column times a row, and these are their sizes, the largest first."
    ),
    Entry(
      "rank",
      "How many components a matrix has: a table of rank 1 is one column times one row, a table of rank r is a sum of r such tables."
    ),
    Entry(
      "effective rank",
      "How many components count: the exponential of the entropy of the singular values' shares. It is the rank where all are alike, and less where some are weak."
    ),
    Entry("mask", "Which entries of a table are known, and which are not."),
    Entry(
      "undetermined",
      "An entry that other tables of the same rank, with the same known entries, have otherwise: its value rests on a convention, and no method can know better."
    ),
    Entry(
      "held out",
      "Known entries that a fit does not see, so that its error on them tells what its errors on unknown ones are like."
    ),
    Entry(
      "exact",
      "Said of an answer that meets every known entry to rounding although these are more numbers than its rank could bend to."
    ),
    Entry(
      "interval",
      "The range around a filled-in entry in which a measurement of it falls as often as the coverage says, where entries are missing at random."
    ),
    Entry(
      "converged",
      "Said of a computation that reached what it looked for, such as a loss asked for or a point that no step improves. One that went as far as it was told to has ended."
    ),
  ]

  /// The file beside a page.
  static let fileName = "glossary.html"

  /// A page of its own.
  static let page = PageFrame(
    title: "What the words mean",
    header:
      "<p class=\"trail\"><a href=\"index.html\">Back</a></p>\n<h1>What the words mean</h1>\n",
    main: """
      <section>
      <dl class="glossary">
      \(entries.map {
        "<dt id=\"\(escapedMarkup($0.word.replacing(" ", with: "-")))\">\(escapedMarkup($0.word))</dt>\n<dd>\(escapedMarkup($0.meaning))</dd>\n"
      }.joined())</dl>
      </section>

      """, footer: ""
  ).text

  /// Leads to it from a page.
  static let line = "<p><a href=\"\(fileName)\">What the words mean</a></p>\n"
}
