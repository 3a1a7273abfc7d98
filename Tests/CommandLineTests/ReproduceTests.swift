import Foundation
import Testing

@Suite struct ReproduceTests {
  @Test func theListIsTheSameForPeopleAndPrograms() throws {
    try Command.inFolder { command in
      let list = try command.run("reproduce", "list", "--json")
      #expect(list.status == 0)
      let items = try #require(try list.json()["items"] as? [[String: Any]])
      let text = try command.run("reproduce", "list").output
      for item in items {
        for key in ["id", "paper", "title"] {
          let words = try #require(item[key] as? String)
          #expect(text.contains(words), "\(words)")
        }
        #expect((item["seconds"] as? Double ?? 0) > 0)
      }
      #expect(try command.contents.isEmpty)
    }
  }

  @Test func anItemBecomesAPageOfAGallery() throws {
    try Command.inFolder { command in
      let ending = try command.run(
        "reproduce", "gidel-figure-1", "--quick", "--output", "site", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      let items = try #require(try ending.json()["items"] as? [[String: Any]])
      #expect(items.count == 1 && items[0]["verdict"] as? String == "holds")
      for name in [
        "site/index.html", "site/corrections/index.html", "site/gidel-figure-1/index.html",
        "site/gidel-figure-1/record.json", "site/gidel-figure-1/data/figures.npz",
      ] {
        #expect(try command.contents.contains(name), "\(name)")
      }
      let page = try command.bytes("site/gidel-figure-1/record.json")
      let again = try command.run(
        "reproduce", "gidel-figure-1", "--quick", "--output", "site")
      #expect(again.status == 0 && again.error.contains("there already"))
      #expect(try command.bytes("site/gidel-figure-1/record.json") == page)
    }
  }

  @Test(arguments: [
    (
      ["gidel-figure-l"],
      "there is no item 'gidel-figure-l'; did you mean 'gidel-figure-1'?"
    ),
    (["gidel-figure-1", "--mnist", "nowhere"], "nowhere: there is no train-images-idx3-ubyte"),
    (["gidel-figure-1", "--gas-drift", "nowhere.csv"], "nowhere.csv: "),
    (["gidel-figure-1", "--output", "taken"], "taken is not replaced, because notes.txt"),
    (
      ["gidel-figure-1", "--set", "delta=3"],
      "gidel-figure-1 has no quantity 'delta'; did you mean 'deltas'?"
    ),
    (["gidel-figure-1", "--set", "deltas=1,2"], "gidel-figure-1: deltas takes 4 numbers"),
    (["gidel-figure-2", "--set", "noise=-1"], "gidel-figure-2: noise must be from"),
    (["gidel-figure-1", "--set", "deltas"], "--set takes name=value, not 'deltas'."),
    (["gidel-figure-1", "--format", "gif"], "--format must be svg, png or pdf, not 'gif'."),
    (["gidel-figure-1", "--data", "nowhere"], "nowhere: there is no such folder"),
    (["gidel-figure-1", "--jobs", "0"], "--jobs must be auto or between 1 and 256, not 0"),
  ])
  func badInputIsOneSentence(words: [String], sentence: String) throws {
    try Command.inFolder { command in
      try FileManager.default.createDirectory(
        at: command.folder.appendingPathComponent("taken"), withIntermediateDirectories: true)
      try command.write("mine\n", to: "taken/notes.txt")
      let before = try command.contents
      let ending = try command.run(["reproduce"] + words)
      #expect(ending.status == 2)
      #expect(ending.output.isEmpty)
      #expect(ending.error.hasPrefix("deeplinear: \(sentence)"), "\(ending.error)")
      #expect(ending.error.split(separator: "\n").count == 1)
      #expect(try command.contents == before)
    }
  }

  @Test func anItemsHelpListsWhatCanBeSet() throws {
    try Command.inFolder { command in
      let ending = try command.run("reproduce", "gidel-figure-2", "--help")
      #expect(ending.status == 0 && ending.error.isEmpty)
      for words in ["gidel-figure-2: ", "noise", "default: 0.001", "--set"] {
        #expect(ending.output.contains(words), "\(words)")
      }
    }
  }

  @Test func figuresForSlidesAreWrittenAlone() throws {
    try Command.inFolder { command in
      let ending = try command.run(
        "reproduce", "gidel-figure-1", "--quick", "--format", "svg", "--output", "slides",
        "--set", "deltas=2,5,20,90")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(
        try command.contents.filter { $0.hasPrefix("slides/") }.sorted()
          == ["slides/gidel-figure-1-1.svg", "slides/gidel-figure-1-2.svg"])
      let drawing = String(
        decoding: try command.bytes("slides/gidel-figure-1-1.svg"), as: UTF8.self)
      // 13 units of a drawing 520 wide are 18 points where it is 720 points wide.
      #expect(drawing.contains("width=\"720.0pt\"") && drawing.contains("font-size=\"13\""))
      #expect(drawing.contains("δ = 90") && !drawing.contains("font-size=\"12\""))
    }
  }

  @Test func aGalleryWithOtherSettingsIsKept() throws {
    try Command.inFolder { command in
      let words = ["reproduce", "gidel-figure-1", "--output", "site"]
      #expect(try command.run(words + ["--quick"]).status == 0)
      let refused = try command.run(words + ["--quick", "--seed", "1"])
      #expect(refused.status == 2 && refused.error.contains("--force"))
      #expect(try command.run(words + ["--quick", "--seed", "1", "--force"]).status == 0)
    }
  }
}
