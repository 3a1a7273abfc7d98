/// The cells of a sheet's XML text, and the text with numbers put into some of them.
struct SheetCells {
  struct Cell {
    var row: Int
    var column: Int
    var text: String
    var style: String?
    /// Whether its value is that of a formula.
    var isFormula = false
    /// From `<c` to behind `</c>` or `/>`.
    var range: Range<Int>
  }

  /// A `<row>`: where its cells begin and end.
  private struct Row {
    var number: Int
    var cells: Range<Int>
    var contents: Range<Int>
    /// Where `/>` stands, if the row is empty.
    var slash: Int?
    var tag: Range<Int>
  }

  /// Cells that are shown as one.
  struct Area {
    var rows: ClosedRange<Int>
    var columns: ClosedRange<Int>
  }

  private let bytes: [UInt8]
  private(set) var all: [Cell] = []
  private(set) var merged: [Area] = []
  private var rows: [Row] = []

  init(_ bytes: [UInt8], _ book: Workbook) throws(DataFormatError) {
    self.bytes = bytes
    var pieces = XMLPieces(bytes)
    var row = -1
    var column = -1
    var open: (tag: XMLTag, type: String, value: String, isFormula: Bool)?
    var isClosed = false
    while let tag = pieces.next() {
      switch tag.name {
      case "row":
        if tag.isEnd {
          close(at: tag.range.lowerBound)
        } else {
          row = tag["r"].flatMap { Int($0) }.map { $0 - 1 } ?? row + 1
          column = -1
          let inside = tag.range.upperBound
          rows.append(
            Row(
              number: row, cells: all.count..<all.count, contents: inside..<inside,
              slash: tag.isEmpty ? inside - 2 : nil, tag: tag.range))
        }
      case "c" where !tag.isEnd:
        if let place = tag["r"].flatMap(Self.position) {
          (row, column) = place
        } else {
          column += 1
        }
        if tag.isEmpty {
          all.append(
            Cell(row: row, column: column, text: "", style: tag["s"], range: tag.range))
        } else {
          open = (tag, tag["t"] ?? "n", "", false)
        }
      case "c":
        if let found = open {
          let text = try book.text(
            found.value, type: found.type, style: found.tag["s"].flatMap { Int($0) })
          all.append(
            Cell(
              row: row, column: column, text: text, style: found.tag["s"],
              isFormula: found.isFormula, range: found.tag.range.lowerBound..<tag.range.upperBound))
          open = nil
        }
      case "v" where !tag.isEnd && !tag.isEmpty, "t" where !tag.isEnd && !tag.isEmpty:
        if open != nil { open?.value += pieces.text(from: tag.range.upperBound) }
      case "f" where !tag.isEnd: open?.isFormula = true
      case "sheetData" where tag.isEnd || tag.isEmpty: isClosed = true
      case "mergeCell":
        // A range over a whole column would be millions of cells.
        if let area = tag["ref"].flatMap(Self.area),
          area.rows.count <= 10_000, area.columns.count <= 10_000,
          area.rows.count * area.columns.count <= 100_000
        {
          merged.append(area)
        }
      case "worksheet" where tag.isEnd: return
      default: break
      }
    }
    guard isClosed else { throw Workbook.invalid(book.source.name, "a sheet of it is cut off") }
  }

  private static func area(_ reference: String) -> Area? {
    let corners = reference.split(separator: ":").compactMap { position(String($0)) }
    guard corners.count == 2, corners[0].0 <= corners[1].0, corners[0].1 <= corners[1].1 else {
      return nil
    }
    return Area(rows: corners[0].0...corners[1].0, columns: corners[0].1...corners[1].1)
  }

  private mutating func close(at end: Int) {
    guard let last = rows.indices.last else { return }
    rows[last].cells = rows[last].cells.lowerBound..<all.count
    rows[last].contents = rows[last].contents.lowerBound..<end
  }

  /// The text with numbers in cells, by row and column from 0; a cell that is new takes the style of one in its column.
  func replacing(_ fills: [Int: [Int: String]]) -> [UInt8] {
    var styles: [Int: String] = [:]
    for cell in all where !cell.text.isEmpty {
      if let style = cell.style { styles[cell.column] = style }
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 64 * fills.count)
    var copied = 0
    func element(_ row: Int, _ column: Int, _ text: String, _ own: String?) -> [UInt8] {
      let style = (own ?? styles[column]).map { " s=\"\($0)\"" } ?? ""
      return Array("<c r=\"\(Self.name(column))\(row + 1)\"\(style)><v>\(text)</v></c>".utf8)
    }
    for row in rows {
      guard let wanted = fills[row.number] else { continue }
      let cells = all[row.cells]
      var rest = wanted.sorted { $0.key < $1.key }[...]
      func put(before column: Int, at place: Int) {
        while let (next, text) = rest.first, next < column {
          result += bytes[copied..<place]
          copied = place
          result += element(row.number, next, text, nil)
          rest.removeFirst()
        }
      }
      if let slash = row.slash {
        result += bytes[copied..<slash]
        result.append(UInt8(ascii: ">"))
        copied = row.tag.upperBound
        put(before: .max, at: copied)
        result += Array("</row>".utf8)
        continue
      }
      for cell in cells {
        put(before: cell.column, at: cell.range.lowerBound)
        if let (next, text) = rest.first, next == cell.column {
          // A formula says more than its value.
          if cell.isFormula {
            rest.removeFirst()
            continue
          }
          result += bytes[copied..<cell.range.lowerBound]
          result += element(row.number, next, text, cell.style)
          copied = cell.range.upperBound
          rest.removeFirst()
        }
      }
      put(before: .max, at: row.contents.upperBound)
    }
    return result + bytes[copied...]
  }

  /// Row and column of a name such as `AB12`, from 0.
  private static func position(_ name: String) -> (Int, Int)? {
    var column = 0
    var digits = name.utf8[...]
    while let letter = digits.first, (0x41...0x5A).contains(letter) {
      column = 26 * column + Int(letter) - 0x40
      digits.removeFirst()
      if column > 1 << 20 { return nil }
    }
    guard let row = Int(String(decoding: digits, as: UTF8.self)), row >= 1, row <= 1 << 22,
      column >= 1
    else { return nil }
    return (row - 1, column - 1)
  }

  /// The letters of a column, from 0.
  static func name(_ column: Int) -> String {
    var rest = column + 1
    var letters = ""
    while rest > 0 {
      let digit = (rest - 1) % 26
      letters = String(UnicodeScalar(UInt8(0x41 + digit))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }
}
