"""The wheel holds the library, so it is for one system and for every Python."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryInside(BuildHookInterface):
    """Tags the wheel, and refuses to build one without the library."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = Path(self.root, "src", "deeplinear", "_library", "libdeeplinear.so")
        if version != "editable" and not library.exists():
            raise FileNotFoundError(f"{library}: the library is not built; run `make python`.")
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-manylinux_2_36_x86_64"
