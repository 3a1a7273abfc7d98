import Records

extension Provenance {
  /// What is known, in the order a reader asks for it.
  var lines: [(label: String, value: String)] {
    var lines = [("program", program + " " + version + (commit.map { " (\($0))" } ?? ""))]
    if !arguments.isEmpty {
      lines.append(
        ("command", ([program] + arguments).map(\.shellQuoted).joined(separator: " ")))
    }
    if let seed { lines.append(("seed", String(seed))) }
    for setting in settings {
      let unit = setting.unit.map { " " + $0 } ?? ""
      lines.append((setting.label, setting.value.exactText + unit))
    }
    if let machine {
      lines.append(("processor", machine.processor))
      lines.append(("operating system", machine.operatingSystem))
      if let core = machine.linearAlgebraCore { lines.append(("linear algebra", core)) }
      if let shortfall = machine.linearAlgebraShortfall {
        lines.append(("slower than it could be", shortfall))
      }
      lines.append(("threads", String(machine.threadCount)))
    }
    if let started { lines.append(("started", started)) }
    if let finished { lines.append(("finished", finished)) }
    return lines
  }
}

extension String {
  /// The same word for a shell.
  fileprivate var shellQuoted: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0)
          || "-_./=:,+@%".unicodeScalars.contains($0)
      }
    return isPlain
      ? self
      : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
        + "'"
  }
}
