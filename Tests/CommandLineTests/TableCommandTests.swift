import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Tables, lists and pictures as people have them, from the file that comes in to the file that is given back.
@Suite struct TableCommandTests {
  /// A table of rank 2 with a few gaps, its known numbers written with two decimals and a comma.
  private static func german(gaps: Set<Int> = [3, 17, 22, 40]) -> (text: String, filled: String) {
    let names = (0..<6).map { "Größe \($0)" }
    func lines(_ isOpen: (Int) -> Bool) -> String {
      (0..<9).map { row in
        "Tag \(row);"
          + (0..<6).map { column in
            if isOpen(6 * row + column) { return "" }
            let cents = 100 * (row - 4) * (column + 1) + 25 * (column - 2) * (row * row - 7)
            let sign = cents < 0 ? "-" : ""
            let rest = abs(cents) % 100
            return "\(sign)\(abs(cents) / 100),\(rest < 10 ? "0" : "")\(rest)"
          }.joined(separator: ";")
      }.joined(separator: "\r\n") + "\r\n"
    }
    let head = "\u{FEFF}Tag;" + names.joined(separator: ";") + "\r\n"
    return (head + lines { gaps.contains($0) }, head + lines { _ in false })
  }

  @Test func aTableComesBackWithOnlyItsGapsFilled() throws {
    try Command.inFolder { command in
      let (text, filled) = Self.german()
      try command.write(text, to: "werte.csv")
      let ending = try command.run("complete", "werte.csv", "--output", "voll.csv")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(
        ending.output.hasPrefix("werte.csv: 9 rows by Tag, 6 columns, 4 gaps, decimal comma\n"))
      #expect(try command.bytes("voll.csv") == Data(filled.utf8))
      let names = try command.run("complete", "werte.csv", "--json").json()
      #expect(names["columnNames"] as? [String] == (0..<6).map { "Größe \($0)" })
      #expect(names["filled"] as? Int == 4)
    }
  }

  @Test func standardInputAndOutputHoldFiles() throws {
    try Command.inFolder { command in
      let (text, filled) = Self.german()
      try command.write(text, to: "werte.csv")
      let program = Command.program
      let ending = try command.shell(
        "cat werte.csv | '\(program)' complete - --output - > voll.csv")
      #expect(ending == 0)
      #expect(try command.bytes("voll.csv") == Data(filled.utf8))
      let refused = try command.run("complete", "werte.csv", "--output", "-", "--json")
      #expect(refused.status == 2)
    }
  }

  @Test func whatNothingDeterminesStaysEmptyUnlessAGuessIsWanted() throws {
    try Command.inFolder { command in
      // The last row of the table has no number at all.
      let (text, _) = Self.german(gaps: [3, 17, 48, 49, 50, 51, 52, 53])
      try command.write(text, to: "werte.csv")
      let ending = try command.run(
        "complete", "werte.csv", "--output", "voll.csv", "--mark", "zellen.csv", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      let json = try ending.json()
      #expect(json["filled"] as? Int == 2)
      #expect(json["leftEmpty"] as? Int == 6)
      let mask = try #require(json["mask"] as? [String: Any])
      #expect(mask["undeterminedRowNames"] as? [String] == ["Tag 8"])
      #expect(try command.read("voll.csv").hasSuffix("Tag 8;;;;;;\r\n"))
      let marks = try command.read("zellen.csv").split(separator: "\n")
      #expect(marks[0] == "row,column,rowName,columnName,value,halfWidth,kind")
      #expect(marks.count == 9)
      #expect(marks[1].hasPrefix("0,3,Tag 0,Größe 3,") && marks[1].hasSuffix(",filled"))
      #expect(marks[8] == "8,5,Tag 8,Größe 5,,,open")
      let guessed = try command.run(
        "complete", "werte.csv", "--output", "geraten.csv", "--fill-undetermined", "--json")
      #expect(try guessed.json()["leftEmpty"] as? Int == 0)
      #expect(try !command.read("geraten.csv").contains(";;"))
    }
  }

  @Test func theFitIsWrittenEverywhereWhenAsked() throws {
    try Command.inFolder { command in
      let noisy = Tables.withHoles(rows: 40, columns: 30, rank: 2, noise: 0.1, known: 0.5, seed: 2)
      try command.write(Tables.csv(noisy.observed), to: "table.csv")
      _ = try command.run("complete", "table.csv", "--output", "kept.npy")
      _ = try command.run("complete", "table.csv", "--output", "fit.npy", "--denoise")
      let kept = try DataFile.readMatrix(from: command.path("kept.npy"))
      let fit = try DataFile.readMatrix(from: command.path("fit.npy"))
      var differing = 0
      for k in kept.elements.indices {
        if noisy.observed.elements[k].isNaN {
          #expect(kept.elements[k] == fit.elements[k])
        } else {
          #expect(kept.elements[k] == noisy.observed.elements[k])
          if kept.elements[k] != fit.elements[k] { differing += 1 }
        }
      }
      #expect(differing > 500)
    }
  }

  @Test func ratingsByNameAreCompletedAndNewOnesPredicted() throws {
    try Command.inFolder { command in
      let users = (0..<12).map { "user \($0)" }
      let films = (0..<9).map { "Film \($0)" }
      func rating(_ user: Int, _ film: Int) -> Double {
        3 + Double((user % 4) * (film % 3)) / 2 - Double(film) / 4
      }
      var lines = "user,movie,stars\n"
      for user in users.indices {
        for film in films.indices where (user * 5 + film * 3) % 4 != 0 {
          lines += "\(users[user]),\(films[film]),\(rating(user, film))\n"
        }
      }
      try command.write(lines, to: "ratings.csv")
      let ending = try command.run(
        "complete", "ratings.csv", "--output", "full.csv", "--model", "fit.safetensors",
        "--fill-undetermined", "--report", "report")
      #expect(ending.status == 0, "\(ending.error)")
      let full = try DataFile.readObservedEntries(from: command.path("full.csv"))
      #expect(Set(full.names.columns ?? []) == Set(films))
      #expect(Set(full.names.rows ?? []) == Set(users))
      let page = try command.read("report/index.html")
      #expect(page.contains("The highest of what is not rated yet"))

      // A new user who rates four films; the others are matched by name.
      let kind = 2
      let rated = [1, 2, 4, 8].map { "newcomer,\(films[$0]),\(rating(kind, $0))" }
      try command.write("user,movie,stars\n" + rated.joined(separator: "\n") + "\n", to: "new.csv")
      let predicted = try command.run(
        "predict", "fit.safetensors", "new.csv", "--output", "new-full.csv", "--intervals", "0.9",
        "--report", "new-report", "--json")
      #expect(predicted.status == 0, "\(predicted.error)")
      #expect(try (predicted.json()["absentColumnNames"] as? [String])?.count == 5)
      let answer = try DataFile.readObservedEntries(from: command.path("new-full.csv"))
      for (place, name) in try #require(answer.names.columns).enumerated() {
        let film = try #require(films.firstIndex(of: name))
        #expect(abs(answer.entries.dense()[0, place] - rating(kind, film)) < 1e-6)
      }
      #expect(try command.read("new-report/index.html").contains("Filled cells"))

      // What the model does not know is refused by name.
      try command.write("user,movie,stars\nnewcomer,Film 99,1\nnewcomer,Film 1,2\n", to: "odd.csv")
      let refused = try command.run("predict", "fit.safetensors", "odd.csv")
      #expect(refused.status == 2)
      #expect(refused.error.contains("'Film 99'"))

      // A new film over known users.
      let heard = [0, 1, 2, 3, 5].map { "\(users[$0]),Sequel,\(rating($0, 5))" }
      try command.write("user,movie,stars\n" + heard.joined(separator: "\n") + "\n", to: "film.csv")
      let turned = try command.run(
        "predict", "fit.safetensors", "film.csv", "--new", "columns", "--output", "film-full.csv")
      #expect(turned.status == 0, "\(turned.error)")
      let film = try DataFile.readObservedEntries(from: command.path("film-full.csv"))
      for (place, name) in try #require(film.names.rows).enumerated() {
        let user = try #require(users.firstIndex(of: name))
        #expect(abs(film.entries.dense()[place, 0] - rating(user, 5)) < 1e-6)
      }
    }
  }

  @Test func aPredictionLeavesOutColumnsAndGivesTheFileBack() throws {
    try Command.inFolder { command in
      let (text, _) = Self.german()
      try command.write(text, to: "werte.csv")
      _ = try command.run("complete", "werte.csv", "--model", "fit.safetensors")
      // Two new days, columns in another order, one left out.
      try command.write(
        "Tag;Größe 3;Größe 0;Größe 1;Größe 2\nA;4,00;1,00;2,00;\nB;;-1,50;-2,50;-3,50\n",
        to: "neu.csv")
      let ending = try command.run("predict", "fit.safetensors", "neu.csv", "--output", "voll.csv")
      #expect(ending.status == 0, "\(ending.error)")
      let lines = try command.read("voll.csv").split(separator: "\n")
      #expect(lines[0] == "Tag;Größe 3;Größe 0;Größe 1;Größe 2")
      #expect(lines[1] == "A;4,00;1,00;2,00;3,00")
      #expect(lines[2] == "B;-4,50;-1,50;-2,50;-3,50")
    }
  }

  @Test func aColourPhotographIsRepaired() throws {
    try Command.inFolder { command in
      let (width, height) = (48, 40)
      // A smooth picture with stripes in all three channels.
      func level(_ row: Int, _ column: Int, _ channel: Int) -> Double {
        let wave = Double((column * (channel + 2)) % 24) / 24 - 0.5
        return (110 + 2 * Double(row) + 40 * wave * Double(row % 10) / 10 + 15 * Double(channel))
          .rounded()
      }
      var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
      var mask = Array("P5\n\(width) \(height)\n1\n".utf8)
      for row in 0..<height {
        for column in 0..<width {
          for channel in 0..<3 { bytes.append(UInt8(level(row, column, channel))) }
          mask.append((row * 7 + column * 11) % 5 == 0 ? 0 : 1)
        }
      }
      try command.write(bytes: bytes, to: "photo.ppm")
      try command.write(bytes: mask, to: "known.pgm")
      let ending = try command.run(
        "complete", "photo.ppm", "--mask", "known.pgm", "--output", "repaired.png", "--report",
        "report", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      let repaired = try DataFile.readObservedEntries(from: command.path("repaired.png")).entries
      #expect((repaired.rowCount, repaired.columnCount) == (height, 3 * width))
      var square = 0.0
      var count = 0.0
      for k in 0..<repaired.count {
        let (row, place) = (Int(repaired.rows[k]), Int(repaired.columns[k]))
        let wanted = level(row, place % width, place / width)
        if mask[mask.count - width * height + row * width + place % width] == 1 {
          #expect(repaired.values[k] == wanted, "an undamaged pixel stays")
        } else {
          square += (repaired.values[k] - wanted) * (repaired.values[k] - wanted)
          count += 1
        }
      }
      // The levels are rounded: half a level and a little more.
      #expect((square / count).squareRoot() < 2)
    }
  }

  @Test func aSpreadsheetIsCompleted() throws {
    try Command.inFolder { command in
      let book = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "DataFormatsTests/Formats/pandas.xlsx")
      try command.write(bytes: [UInt8](try Data(contentsOf: book)), to: "sites.xlsx")
      let ending = try command.run("complete", "sites.xlsx", "--output", "full.xlsx")
      #expect(ending.status == 0, "\(ending.error)")
      let full = try DataFile.readObservedEntries(from: command.path("full.xlsx"))
      #expect(full.names.rows?.first == "site 0")
      #expect(full.entries.count == 72)
      for k in 0..<full.entries.count {
        let wanted = Double(10 * full.entries.rows[k] + full.entries.columns[k])
        #expect(full.entries.values[k] == wanted)
      }
    }
  }

  @Test func severalFilesGoIntoAFolder() throws {
    try Command.inFolder { command in
      let (text, filled) = Self.german()
      try command.write(text, to: "eins.csv")
      try command.write(text, to: "zwei.csv")
      let ending = try command.run("complete", "eins.csv", "zwei.csv", "--output", "voll", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(
        try (ending.json()["files"] as? [String: Any])?.keys.sorted() == ["eins.csv", "zwei.csv"])
      #expect(try command.bytes("voll/eins.csv") == Data(filled.utf8))
      #expect(try command.bytes("voll/zwei.csv") == Data(filled.utf8))
      let refused = try command.run("complete", "eins.csv", "zwei.csv", "--output", "voll")
      #expect(refused.status == 2, "files that exist are not replaced")
      #expect(try command.run("complete", "eins.csv", "zwei.csv").status == 2)
    }
  }
}
