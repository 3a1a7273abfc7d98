"""Tables as people have them, and the arrays of doubles in them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def is_frame(table: Any) -> bool:
    """Whether this is a DataFrame of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


@dataclass
class Table:
    """A table and the part of it that is numbers.

    Attributes
    ----------
    numbers
        What the library is given: NaN where it is unknown; an array, or a sparse matrix as it came.
    frame
        The DataFrame that it came from, or None.
    positions
        Which columns of the frame the numbers are.
    """

    numbers: Any
    frame: Any = None
    positions: list[int] | None = None

    @classmethod
    def of(cls, table: Any) -> Table:
        """The numbers of a table; columns of a DataFrame that hold none stay out."""
        if isinstance(table, np.ma.MaskedArray):
            return cls(np.ma.filled(table.astype(np.float64), np.nan))
        if not is_frame(table):
            return cls(table)
        positions = [k for k in range(table.shape[1]) if _is_numeric(table.iloc[:, k])]
        if len(positions) == table.shape[1] and all(dtype == np.float64 for dtype in table.dtypes):
            return cls(table.to_numpy(), table, positions)
        columns = [_doubles(table.iloc[:, k]) for k in positions]
        numbers = np.column_stack(columns) if columns else np.empty((len(table), 0))
        return cls(numbers, table, positions)

    def filled(self, values: FloatArray) -> Any:
        """The table with other numbers in it: names, index and other columns as they were."""
        if self.frame is None or self.positions is None:
            return values
        if len(self.positions) == self.frame.shape[1] and all(
            dtype == np.float64 for dtype in self.frame.dtypes
        ):
            return type(self.frame)(values, index=self.frame.index, columns=self.frame.columns)
        import pandas

        columns = [self.frame.iloc[:, k] for k in range(self.frame.shape[1])]
        for place, position in enumerate(self.positions):
            old = columns[position]
            new: Any = pandas.Series(values[:, place], index=self.frame.index, name=old.name)
            if old.dtype.kind in "iu" and not np.isnan(values[:, place]).any():
                # Whole numbers that were all known are still what they were.
                whole = new.round()
                if (whole == new).all():
                    new = whole.astype(old.dtype)
            columns[position] = new
        result = pandas.concat(columns, axis=1) if columns else self.frame.copy()
        result.columns = self.frame.columns
        return result


def _is_numeric(column: Any) -> bool:
    from pandas.api import types

    if types.is_bool_dtype(column.dtype):
        return False
    if types.is_numeric_dtype(column.dtype):
        return not types.is_complex_dtype(column.dtype)
    if not types.is_object_dtype(column.dtype):
        return False
    known = column[column.notna()]
    return len(known) > 0 and all(
        isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        for value in known
    )


def _doubles(column: Any) -> FloatArray:
    numbers: FloatArray = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def triplets(matrix: Any) -> FloatArray:
    """The stored entries of a sparse matrix, one a row: row, column and value."""
    entries = matrix.tocoo(copy=True)
    entries.sum_duplicates()
    return np.column_stack([entries.row, entries.col, entries.data]).astype(np.float64, copy=False)
