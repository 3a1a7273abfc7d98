"""Packs a wheel as closely as the format allows.

    pack-wheel.py WHEEL

Its members are deflated by libdeflate at its highest level, which looks for the shortest of all texts where zlib takes the
next that will do.
"""

import os
import pathlib
import struct
import sys
import zipfile
import zlib

import deflate


def main(path: pathlib.Path) -> None:
    packed = path.with_name(path.name + ".new")
    directory = b""
    with zipfile.ZipFile(path) as old, open(packed, "wb") as new:
        members = old.infolist()
        for member in members:
            content = old.read(member)
            code = bytes(deflate.deflate_compress(content, 12))
            name = member.filename.encode()
            year, month, day, hour, minute, second = member.date_time
            facts = struct.pack(
                "<HHHHHLLLHH", 20, 0x800, zipfile.ZIP_DEFLATED, hour << 11 | minute << 5 | second // 2,
                (year - 1980) << 9 | month << 5 | day, zlib.crc32(content), len(code), len(content), len(name), 0,
            )  # fmt: skip
            place = new.tell()
            directory += b"PK\1\2" + struct.pack("<BB", 20, 3) + facts
            directory += struct.pack("<HHHLL", 0, 0, 0, member.external_attr, place) + name
            new.write(b"PK\3\4" + facts + name + code)
        start = new.tell()
        end = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(directory), start, 0)
        new.write(directory + b"PK\5\6" + end)
    with zipfile.ZipFile(packed) as new:
        broken = new.testzip()
        if broken is not None:
            sys.exit(f"{packed}: {broken} does not come out as it went in.")
    os.replace(packed, path)


main(pathlib.Path(sys.argv[1]))
