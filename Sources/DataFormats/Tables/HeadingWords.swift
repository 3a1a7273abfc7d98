/// The words of a heading, and what they say about the column under it: `PatientID`, `t [ms]`, `Kundennummer`.
struct HeadingWords {
  /// In lower case; what stands in brackets is a unit and left out.
  let words: [String]

  init(_ heading: String) {
    let name = heading.prefix { !"[(".contains($0) }
    var words: [String] = []
    var word = ""
    var last: Character = " "
    for character in name.isEmpty ? heading[...] : name {
      let isPart = character.isLetter || character.isNumber
      let begins = character.isUppercase && last.isLowercase
      if !isPart || begins, !word.isEmpty {
        words.append(word.lowercased())
        word = ""
      }
      if isPart { word.append(character) }
      last = character
    }
    if !word.isEmpty { words.append(word.lowercased()) }
    self.words = words
  }

  private var joined: String { words.joined() }

  /// Whether numbers under it can only be names of things: `ID`, `patient_id`, `Kundennummer`, `phone`.
  var nameThings: Bool {
    guard let last = words.last else { return false }
    if Self.identifiers.contains(last) || Self.identifiers.contains(joined) { return true }
    return ["nummer", "nr"].contains { last.hasSuffix($0) && last.count > $0.count }
      || ["id", "no", "number", "code"].contains {
        last.hasSuffix($0) && Self.things.contains(String(last.dropLast($0.count)))
      }
  }

  /// Whether numbers under it are likely to name things, if each stands there once: `No.`, `customer`, `index`.
  var mayNameThings: Bool {
    guard let last = words.last else { return false }
    return Self.things.contains(last) || Self.things.contains(joined)
      || Self.countings.contains(last) && words.count <= 2
  }

  /// Whether it is about when: `year`, `t [ms]`, `elapsed time`.
  var isTime: Bool {
    guard let last = words.last else { return false }
    return Self.times.contains(last) || Self.times.contains(joined)
      || ["time", "date", "zeit", "datum"].contains { words.contains($0) }
  }

  /// Whether it is a part of a date: `year`, `month`.
  var isCalendar: Bool { words.count == 1 && Self.calendar.contains(joined) }

  /// Whether it is a whole date: `date`, `Datum`.
  var isDate: Bool { words.count == 1 && ["date", "datum", "timestamp"].contains(joined) }

  /// Whether it is a part of a place on the globe, and which.
  var isLatitude: Bool { words.count == 1 && ["lat", "latitude", "breite"].contains(joined) }
  var isLongitude: Bool {
    words.count == 1 && ["lon", "lng", "long", "longitude", "länge"].contains(joined)
  }

  private static let identifiers: Set<String> = [
    "id", "ids", "uid", "uuid", "guid", "nr", "rowid", "lfdnr", "pk", "zip", "zipcode",
    "postcode", "postalcode", "plz", "isbn", "ean", "sku", "barcode", "phone", "telephone",
    "telefon", "tel", "fax", "iban", "ssn", "fips", "identifier",
  ]

  private static let countings: Set<String> = [
    "no", "num", "number", "numero", "número", "numéro", "index", "idx", "key", "row", "rowname",
    "rownames", "obs", "n", "seq", "sequence", "line", "serial", "ordinal",
  ]

  private static let things: Set<String> = [
    "customer", "client", "patient", "subject", "respondent", "participant", "student", "user",
    "person", "employee", "member", "sample", "observation", "case", "record", "row", "station",
    "sensor", "plot", "store", "school", "household", "item", "product", "order", "account",
    "device", "specimen", "animal", "visitor", "rater", "reviewer", "interview", "invoice",
    "kunde", "kunden", "proband", "patienten", "teilnehmer", "schüler", "mitarbeiter", "probe",
    "messung", "fall", "cliente", "paciente", "usuario", "alumno", "patiente", "sujet",
  ]

  private static let calendar: Set<String> = [
    "year", "jahr", "annee", "année", "ano", "año", "month", "monat", "mois", "week", "woche",
    "quarter", "quartal", "day", "tag", "hour", "stunde", "date", "datum", "timestamp",
  ]

  private static let times: Set<String> = [
    "time", "date", "datetime", "timestamp", "t", "year", "years", "jahr", "annee", "année", "ano",
    "año", "zeit", "datum", "temps", "epoch", "unixtime", "step", "frame", "seconds", "second",
    "sec", "hour", "hours", "day", "minute", "minutes", "month", "monat", "mois", "mes",
    "week", "woche", "quarter", "quartal", "tag", "stunde", "elapsed", "tick", "cycle", "ts",
  ]
}
