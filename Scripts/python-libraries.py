"""Puts the libraries that a shared library needs beside it, under names of their own.

    python-libraries.py FOLDER PATCHELF

FOLDER holds libdeeplinear.so. What every Linux has stays outside, as manylinux has it; all else is copied, renamed so that
a process may hold another copy of it, and found through $ORIGIN.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

# manylinux promises these; the last two must be one for the whole process.
OUTSIDE = re.compile(r"(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libutil|libgcc_s|libstdc\+\+)\.so")
# The copies of BLAS and LAPACK that Debian makes of OpenBLAS's are that library itself.
SAME = {"libblas.so.3": "libopenblas.so.0", "liblapack.so.3": "libopenblas.so.0"}


def main(folder: pathlib.Path, patchelf: str) -> None:
    def run(*arguments: object) -> list[str]:
        return subprocess.run(
            [str(argument) for argument in arguments], check=True, capture_output=True, text=True
        ).stdout.splitlines()

    def needed(library: pathlib.Path) -> list[str]:
        return [name for name in run(patchelf, "--print-needed", library) if not OUTSIDE.match(name)]

    def place(name: str, library: pathlib.Path) -> pathlib.Path:
        for line in run("ldd", library):
            found = re.match(r"\s*(\S+) => (/\S+)", line)
            if found and found[1] == name:
                return pathlib.Path(found[2]).resolve()
        sys.exit(f"{library} needs {name}, which is not installed.")

    def own(name: str) -> str:
        stem, rest = name.split(".so", 1)
        return f"{stem}-deeplinear.so{rest}"

    main_library = folder / "libdeeplinear.so"
    waiting = [(main_library, main_library)]
    done: set[str] = set()
    while waiting:
        # Where it lies now, and where its own needs are looked up.
        copy, origin = waiting.pop()
        for name in needed(copy):
            wanted = SAME.get(name, name)
            if wanted not in done:
                done.add(wanted)
                source = place(wanted, main_library if name in SAME else origin)
                target = folder / own(wanted)
                shutil.copyfile(source, target)
                os.chmod(target, 0o755)
                run(patchelf, "--set-soname", own(wanted), target)
                waiting.append((target, source))
            present = set(run(patchelf, "--print-needed", copy))
            if own(wanted) in present:
                run(patchelf, "--remove-needed", name, copy)
            else:
                run(patchelf, "--replace-needed", name, own(wanted), copy)
        run(patchelf, "--set-rpath", "$ORIGIN", copy)
    print("\n".join(f"{path.stat().st_size:>10} {path.name}" for path in sorted(folder.iterdir())))


main(pathlib.Path(sys.argv[1]), sys.argv[2])
