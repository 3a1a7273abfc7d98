// NumPy arrays and zip archives, written and read: what `numpy.load` and the command understand.

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function checksum(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** The bytes of an `.npy` file; null becomes NaN. */
export function npy(shape, values) {
  const shapeText = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  let head = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shapeText}, }`;
  head += " ".repeat(63 - ((10 + head.length) % 64)) + "\n";
  const bytes = new Uint8Array(10 + head.length + 8 * values.length);
  bytes.set([0x93, ...[..."NUMPY"].map((c) => c.charCodeAt(0)), 1, 0, head.length & 255, head.length >> 8]);
  bytes.set(new TextEncoder().encode(head), 10);
  const view = new DataView(bytes.buffer, 10 + head.length);
  for (let k = 0; k < values.length; k++) view.setFloat64(8 * k, values[k] ?? NaN, true);
  return bytes;
}

/** A zip archive of files `[name, bytes]`, stored as they are. */
export function zip(files) {
  const parts = [], directory = [];
  let place = 0;
  for (const [name, content] of files) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const title = new TextEncoder().encode(name);
    const fields = (signature, extra) => {
      const view = new DataView(new ArrayBuffer(extra ? 46 : 30));
      let at = 0;
      const put = (size, value) => { size === 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true); at += size; };
      put(4, signature);
      if (extra) put(2, 20);
      put(2, 20); put(2, 0x800); put(2, 0); put(2, 0); put(2, 0x5a21);
      put(4, checksum(bytes)); put(4, bytes.length); put(4, bytes.length); put(2, title.length); put(2, 0);
      if (extra) { put(2, 0); put(2, 0); put(2, 0); put(4, 0); put(4, place); }
      return new Uint8Array(view.buffer);
    };
    const head = fields(0x04034b50, false);
    directory.push(fields(0x02014b50, true), title);
    parts.push(head, title, bytes);
    place += head.length + title.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, place, true);
  return new Blob([...parts, ...directory, new Uint8Array(end.buffer)], { type: "application/zip" });
}

/** The arrays of an `.npz` archive that is stored and not compressed, by name. */
export function readArchive(buffer) {
  const view = new DataView(buffer), arrays = {};
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  let at = view.getUint32(end + 16, true);
  for (let k = view.getUint16(end + 10, true); k > 0; k--) {
    const size = view.getUint32(at + 24, true), length = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(buffer, at + 46, length));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    arrays[name.replace(/\.npy$/, "")] = readArray(buffer.slice(start, start + size));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}

function readArray(buffer) {
  const view = new DataView(buffer);
  const isNew = view.getUint8(6) > 1;
  const length = isNew ? view.getUint32(8, true) : view.getUint16(8, true), start = (isNew ? 12 : 10) + length;
  const head = new TextDecoder().decode(new Uint8Array(buffer, isNew ? 12 : 10, length));
  const shape = /'shape': \(([^)]*)\)/.exec(head)[1].split(",").filter((x) => x.trim()).map(Number);
  return { shape, values: new Float64Array(buffer.slice(start)) };
}
