/// Every experiment, in the order of the papers.
public enum Catalogue {
  /// Every item, paper by paper.
  public static let all: [any Experiment] =
    Gidel2019.experiments + CohenRazin.experiments + Cohen2019.experiments
    + Tarmoun2021.experiments + Later.experiments
}
