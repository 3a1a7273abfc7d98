import GRDB

// Goals: 1. Killed at any moment, what has ended is there: a log beside the file is written before it.  2. Several
// processes may write: a run is taken by one, in one transaction.  3. A file that anyone can query: one row a run, one
// column for each axis and each measure, by their names.

/// The results of a sweep in one SQLite file.
///
/// The table `runs` has the columns `point`, `replicate`, `seed`, `status`, `problem`, `seconds`, then one for each
/// axis and one for each measure.
public final class SweepStore: Sendable {
  /// What makes two sweeps the same, so that one extends the other.
  public struct Identity: Equatable, Sendable {
    /// A digest of all that is not swept.
    public var digest: String
    /// The names of the axes.
    public var axes: [String]
    /// The names of the measures.
    public var measures: [String]

    /// What a sweep is.
    public init(digest: String, axes: [String], measures: [String]) {
      self.digest = digest
      self.axes = axes
      self.measures = measures
    }
  }

  /// The columns that every sweep has.
  public static let fixedColumns = ["point", "replicate", "seed", "status", "problem", "seconds"]

  /// The file.
  public let path: String
  /// Whose results it holds.
  public let identity: Identity
  private let database: DatabaseQueue
  private let writer: Int64

  /// Opens the results of a sweep, or begins them.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - identity: the sweep; nil takes that of the file.
  ///   - pageLimit: how many pages of 4 kB the file may have; for tests of a full disk.
  /// - Throws: ``SweepStoreError``, for a file of another sweep for instance.
  public init(
    path: String, identity: Identity?, pageLimit: Int? = nil
  ) throws(SweepStoreError) {
    self.path = path
    do {
      var configuration = Configuration()
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(60)
      configuration.prepareDatabase { database in
        // With a log, a process that is killed loses nothing; only a machine that loses its power may lose the end.
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
        if let pageLimit { try database.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
      }
      let database = try DatabaseQueue(path: path, configuration: configuration)
      self.database = database
      let current = SweepWriter.current
      (self.identity, writer) = try database.write { database in
        let found = try Self.open(database, identity, path)
        try Self.releaseTheGone(database)
        try database.execute(
          sql: "INSERT INTO writers (machine, process, start, seen) VALUES (?, ?, ?, \(Self.now))",
          arguments: [current.machine, current.process, current.start])
        return (found, database.lastInsertedRowID)
      }
    } catch {
      throw SweepStoreError(error, at: path)
    }
  }

  /// Seconds since 1970.
  private static let now = "((julianday('now') - 2440587.5) * 86400.0)"

  /// Creates the tables, or compares the sweep with that of the file.
  private static func open(
    _ database: Database, _ identity: Identity?, _ path: String
  ) throws -> Identity {
    if try database.tableExists("sweep") {
      let rows = try Row.fetchAll(database, sql: "SELECT kind, name FROM sweep ORDER BY rowid")
      func names(_ kind: String) -> [String] {
        rows.filter { $0["kind"] == kind }.map { $0["name"] as String }
      }
      let found = Identity(
        digest: names("digest").first ?? "", axes: names("axis"), measures: names("measure"))
      if let identity, let difference = found.difference(from: identity) {
        throw SweepStoreError.otherSweep(path, difference: difference)
      }
      return found
    }
    guard let identity, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
    else { throw SweepStoreError.notASweep(path) }
    try database.execute(sql: "CREATE TABLE sweep (kind TEXT NOT NULL, name TEXT NOT NULL)")
    let rows =
      [("digest", identity.digest)] + identity.axes.map { ("axis", $0) }
      + identity.measures.map { ("measure", $0) }
    for (kind, name) in rows {
      try database.execute(
        sql: "INSERT INTO sweep (kind, name) VALUES (?, ?)", arguments: [kind, name])
    }
    let columns = identity.axes.map { quoted($0) } + identity.measures.map { "\(quoted($0)) REAL" }
    try database.execute(
      sql: """
        CREATE TABLE runs (
          point TEXT NOT NULL, replicate INTEGER NOT NULL, seed TEXT NOT NULL, status TEXT NOT NULL, problem TEXT,
          seconds REAL NOT NULL, \((columns + ["PRIMARY KEY (point, replicate)"]).joined(separator: ", ")));
        CREATE TABLE writers (
          id INTEGER PRIMARY KEY, machine TEXT NOT NULL, process INTEGER NOT NULL, start TEXT NOT NULL,
          seen REAL NOT NULL);
        CREATE TABLE claims (
          point TEXT NOT NULL, replicate INTEGER NOT NULL, writer INTEGER NOT NULL, PRIMARY KEY (point, replicate))
          WITHOUT ROWID;
        """)
    return identity
  }

  private static func quoted(_ name: String) -> String {
    "\"\(name.replacing("\"", with: "\"\""))\""
  }

  /// Frees what was taken by writers that are gone.
  private static func releaseTheGone(_ database: Database) throws {
    let rows = try Row.fetchAll(
      database, sql: "SELECT id, machine, process, start, \(now) - seen AS quiet FROM writers")
    for row in rows {
      let writer = SweepWriter(
        machine: row["machine"], process: row["process"], start: row["start"])
      if !writer.isAlive(quietFor: row["quiet"]) { try release(row["id"], database) }
    }
  }

  private static func release(_ writer: Int64, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM claims WHERE writer = ?", arguments: [writer])
    try database.execute(sql: "DELETE FROM writers WHERE id = ?", arguments: [writer])
  }

  /// Writes runs that have ended, and takes others, in one transaction.
  ///
  /// - Returns: those of the wanted runs that nobody has taken or ended before, which are this process's now.
  public func exchange(
    ended: [StoredRun], for wanted: [RunKey]
  ) throws(SweepStoreError) -> [RunKey] {
    do {
      return try database.write { database in
        for run in ended { try insert(run, database) }
        try database.execute(
          sql: "UPDATE writers SET seen = \(Self.now) WHERE id = ?", arguments: [writer])
        return try wanted.filter { key in
          try database.execute(
            sql: """
              INSERT OR IGNORE INTO claims (point, replicate, writer) SELECT ?, ?, ?
              WHERE NOT EXISTS (SELECT 1 FROM runs WHERE point = ? AND replicate = ?)
              """,
            arguments: [key.point, key.replicate, writer, key.point, key.replicate])
          return database.changesCount == 1
        }
      }
    } catch {
      throw SweepStoreError(error, at: path)
    }
  }

  private func insert(_ run: StoredRun, _ database: Database) throws {
    var values: [(any DatabaseValueConvertible)?] = [
      run.point, run.replicate, "\(run.seed)", run.status.rawValue, run.problem, run.seconds,
    ]
    values += run.axes.map { value in
      switch value {
      case .number(let number): number
      case .text(let text): text
      }
    }
    values += run.measures.map { $0 }
    let places = [String](repeating: "?", count: values.count).joined(separator: ", ")
    let statement = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO runs VALUES (\(places))")
    try statement.execute(arguments: StatementArguments(values))
    try database.execute(
      sql: "DELETE FROM claims WHERE point = ? AND replicate = ?",
      arguments: [run.point, run.replicate])
  }

  /// Frees what this process took and did not end.
  public func leave() throws(SweepStoreError) {
    do {
      try database.write { try Self.release(writer, $0) }
    } catch {
      throw SweepStoreError(error, at: path)
    }
  }

  /// Every run that has ended, by point and replicate.
  public func runs() throws(SweepStoreError) -> [StoredRun] {
    do {
      return try database.read { database in
        try Row.fetchAll(database, sql: "SELECT * FROM runs ORDER BY point, replicate").map(stored)
      }
    } catch {
      throw SweepStoreError(error, at: path)
    }
  }

  private func stored(_ row: Row) -> StoredRun {
    StoredRun(
      point: row["point"], replicate: row["replicate"], seed: UInt64(row["seed"] as String) ?? 0,
      status: StoredRun.Status(rawValue: row["status"]) ?? .failed, problem: row["problem"],
      seconds: row["seconds"],
      axes: identity.axes.map { Self.value($0, in: row) },
      measures: identity.measures.map { row[$0] as Double? })
  }

  private static func value(_ axis: String, in row: Row) -> StoredRun.Value {
    switch (row[axis] as DatabaseValue).storage {
    case .int64(let number): .number(Double(number))
    case .double(let number): .number(number)
    case .string(let text): .text(text)
    case .null, .blob: .text("")
    }
  }

  /// Takes over every run of another file of the same sweep; what both have stays as it is here.
  ///
  /// - Returns: how many runs it had.
  public func takeOver(_ other: SweepStore) throws(SweepStoreError) -> Int {
    let runs = try other.runs()
    do {
      try database.write { database in
        let known = Set(
          try Row.fetchAll(database, sql: "SELECT point, replicate FROM runs")
            .map { RunKey(point: $0["point"], replicate: $0["replicate"]) })
        for run in runs where !known.contains(RunKey(point: run.point, replicate: run.replicate)) {
          try insert(run, database)
        }
      }
    } catch {
      throw SweepStoreError(error, at: path)
    }
    return runs.count
  }
}

extension SweepStore.Identity {
  /// What tells two sweeps apart; nil for one and the same.
  public func difference(from other: SweepStore.Identity) -> String? {
    if axes != other.axes {
      return "over \(axes.joined(separator: ", ")) and not \(other.axes.joined(separator: ", "))"
    }
    if measures != other.measures {
      return
        "which measured \(measures.joined(separator: ", ")) and not \(other.measures.joined(separator: ", "))"
    }
    return digest == other.digest ? nil : "with another specification"
  }
}
