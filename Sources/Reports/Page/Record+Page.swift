public import Records

extension Record {
  /// The page as one HTML text that needs nothing beside it, to be shown within another: static figures, and no ways to
  /// files.
  ///
  /// - Throws: ``ReportError`` for a record that contradicts itself.
  public func page() throws(ReportError) -> String {
    if let inconsistency { throw .inconsistent(inconsistency) }
    return HTMLPage(
      record: self, budget: Figure.DrawingBudget(for: self), plotlyAddress: nil, isAlone: true
    ).text()
  }
}
