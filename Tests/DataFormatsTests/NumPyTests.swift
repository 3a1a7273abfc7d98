import DataFormats
import LinearAlgebra
import Testing

/// Whether `python3` with NumPy is at hand.
let hasNumPy: Bool = shell("python3 -c 'import numpy' 2>/dev/null") == 0

/// Files that NumPy writes and NumPy reads. Without it these tests are reported as skipped.
@Suite(.enabled(if: hasNumPy, "python3 with numpy is not installed"))
struct NumPyTests {
  func python(_ script: String, in folder: TemporaryFolder) -> Bool {
    folder.write(Array(script.utf8), "script.py")
    return shell("cd \(folder.path) && python3 script.py") == 0
  }

  @Test func numpyReadsWhatWeWrite() throws {
    let folder = TemporaryFolder()
    var generator = Seeded(21)
    let matrix = generator.matrix(3, 4)
    try DataFile.writeMatrix(matrix, to: folder.file("m.npy"))
    try DataFile.writeMatrix(matrix, to: folder.file("m.csv"))
    try DataFile.writeMatrix(matrix, to: folder.file("m.npz"))
    try DataFile.writeArray(
      NPYArray(shape: [2, 1, 3], elements: [1, 2, 3, 4, 5, -6]), to: folder.file("h.npy"),
      as: .float16)
    try DataFile.writeArray(
      NPYArray(shape: [], elements: [7]), to: folder.file("s.npy.gz"), as: .uint8)
    var archive = NPZArchive()
    archive["matrix"] = NPYArray(matrix)
    archive["é"] = NPYArray(shape: [0, 2], elements: [])
    archive["cube"] = NPYArray(shape: [2, 2, 2], elements: (0..<8).map(Double.init))
    try archive.write(to: folder.file("a.npz"))
    try archive.write(to: folder.file("c.npz"), compressed: true)
    folder.write(try archive.encoded(wideFrom: 0), "w.npz")
    #expect(
      python(
        """
        import gzip, zipfile, numpy as np
        m = np.load('m.npy'); assert m.dtype == np.float64 and m.shape == (3, 4) and m.flags.c_contiguous
        assert (np.loadtxt('m.csv', delimiter=',').view('u8') == m.view('u8')).all()
        assert (np.load('m.npz')['matrix'].view('u8') == m.view('u8')).all()
        h = np.load('h.npy'); assert h.dtype == np.float16 and h.tolist() == [[[1, 2, 3]], [[4, 5, -6]]]
        s = np.load(gzip.open('s.npy.gz')); assert s.shape == () and s == 7 and s.dtype == np.uint8
        for f in ['a.npz', 'c.npz', 'w.npz']:
          assert zipfile.ZipFile(f).testzip() is None
          a = np.load(f); assert a.files == ['matrix', 'é', 'cube'], a.files
          assert (a['matrix'].view('u8') == m.view('u8')).all() and a['é'].shape == (0, 2)
          assert (a['cube'] == np.arange(8.).reshape(2, 2, 2)).all()
        """, in: folder))
  }

  @Test func weReadWhatNumpyWrites() throws {
    let folder = TemporaryFolder()
    #expect(
      python(
        """
        import io, numpy as np
        from numpy.lib import format
        a = np.arange(24).reshape(2, 3, 4) - 5
        for order in '<>':
          for t in ['f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8']:
            for layout in 'CF':
              np.save(f'{"l" if order == "<" else "b"}{t}{layout}.npy', np.array(a, order + t, order=layout))
          for t in ['u1', 'u2', 'u4', 'u8']: np.save(f'{"l" if order == "<" else "b"}{t}.npy', np.array(a + 5, order + t))
        np.save('bool.npy', np.array([[True, False], [False, True]]))
        for v in [(1, 0), (2, 0), (3, 0)]:
          with open(f'v{v[0]}.npy', 'wb') as f: format.write_array(f, np.arange(6.).reshape(2, 3), version=v)
        np.savez('a.npz', x=np.arange(3.), y=np.asfortranarray(np.arange(6.).reshape(2, 3)), z=np.float32(2.5))
        np.savez_compressed('c.npz', x=np.arange(3.), y=np.arange(6.).reshape(2, 3), z=np.float32(2.5))
        np.savetxt('t.csv', np.arange(6.).reshape(2, 3) / 7, delimiter=',')
        np.savetxt('r.csv', [[0, 1, 2.5], [2, 0, -1.25]], delimiter=',', header='row,column,value', comments='')
        """, in: folder))
    let counting = (0..<24).map(Double.init)
    for order in ["l", "b"] {
      for type in ["f2", "f4", "f8", "i1", "i2", "i4", "i8"] {
        for layout in ["C", "F"] {
          let array = try DataFile.readArray(from: folder.file("\(order)\(type)\(layout).npy"))
          #expect(
            array == NPYArray(shape: [2, 3, 4], elements: counting.map { $0 - 5 }),
            "\(order)\(type)\(layout)")
        }
      }
      for type in ["u1", "u2", "u4", "u8"] {
        #expect(
          try DataFile.readArray(from: folder.file("\(order)\(type).npy")).elements == counting)
      }
    }
    #expect(try DataFile.readMatrix(from: folder.file("bool.npy")) == .identity(2))
    let six = Matrix(rows: [[0, 1, 2], [3, 4, 5]])
    for version in 1...3 {
      #expect(try DataFile.readMatrix(from: folder.file("v\(version).npy")) == six)
    }
    for name in ["a.npz", "c.npz"] {
      let archive = try NPZArchive(reading: ByteSource(path: folder.file(name)))
      #expect(archive.members.map(\.name) == ["x", "y", "z"])
      #expect(archive["y"]?.matrix == six)
      #expect(archive["z"] == NPYArray(shape: [], elements: [2.5]))
    }
    #expect(
      try DataFile.readMatrix(from: folder.file("t.csv")).elements == six.elements.map { $0 / 7 })
    let triplets = try DataFile.readObservedEntries(from: folder.file("r.csv"))
    #expect(triplets.layout == .triplets)
    #expect(triplets.entries.values == [2.5, -1.25])
  }
}
