"""Names and behavior that NumPy has removed and the API's metrics still use."""

from typing import Any

SYMPTOM = "AttributeError: module 'numpy' has no attribute 'float' (int, string_, …)"
AFFECTS = "NumPy 1.24 and newer (np.float, np.int, …), 2.0 (np.string_, …), 2.3 (np.fromstring)"
UNTIL = "the API and lvis stop using these names"

_ALIASES: dict[str, str | type] = {
    "float": float,
    "int": int,
    "object": object,
    "bool": bool,
    "str": str,
    "string_": "bytes_",
    "unicode_": "str_",
    "float_": "float64",
    "NAN": "nan",
}


def apply() -> bool:
    """Adds the missing names; never replaces a name that NumPy still has."""
    import numpy as np

    missing = [name for name in _ALIASES if name not in vars(np)]
    for name in missing:
        alias = _ALIASES[name]
        setattr(np, name, getattr(np, alias) if isinstance(alias, str) else alias)
    return _restore_binary_fromstring(np) or bool(missing)


def _restore_binary_fromstring(np: Any) -> bool:
    try:
        np.fromstring(b"\0", dtype=np.uint8)
    except ValueError:
        read_text = np.fromstring
    else:
        return False

    def fromstring(string: Any, dtype: Any = float, count: int = -1, *, sep: str = "", **kw: Any):
        """`numpy.fromstring` with its former binary mode (`sep=""`), which returns a copy."""
        if sep == "":
            return np.frombuffer(string, dtype=dtype, count=count).copy()
        return read_text(string, dtype=dtype, count=count, sep=sep, **kw)

    np.fromstring = fromstring
    return True
