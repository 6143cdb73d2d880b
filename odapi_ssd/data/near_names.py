"""Class names that are hardly two classes: a plural beside its singular, a name with one typo.

Names of numbered things (`type1`, `type2`) and short ones (`car`, `cat`) differ in one letter
because they are meant to. A typo is rare where its class is frequent; two true classes seldom are
so uneven.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

__all__ = ["find_near_names"]

_MIN_LENGTH = 5
_MAX_LENGTH = 64
# A typo happens in fewer than one object in twenty.
_MIN_RATIO = 20
_MAX_ALIKE = 40
_IES = re.compile("ies$")


def find_near_names(num_objects: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs of class names that may be the same: the rarer one first, sorted.

    Names that are the same but for letter case and white space are not among them; see
    `label_map.find_similar_names`.

    Args:
        num_objects: how many objects each class has, by name.
    """
    pairs = set()
    for one, other in _candidates(num_objects):
        rare, frequent = sorted((one, other), key=lambda name: (num_objects[name], name))
        first, second = rare.casefold(), frequent.casefold()
        is_uneven = num_objects[rare] * _MIN_RATIO <= num_objects[frequent]
        is_plural = _is_plural(first, second) or _is_plural(second, first)
        if is_plural or (is_uneven and _is_typo(first, second)):
            pairs.add((rare, frequent))
    return sorted(pairs)


def _candidates(names: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Pairs of names that are worth a look.

    Each name is filed under itself, without any one letter, and without its plural's ending, so
    that not every name is compared with every other. Where many names are alike they are meant to.
    """
    filed: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folded = name.casefold()
        if len(folded) > _MAX_LENGTH:
            continue
        variants = {folded, folded.removesuffix("es"), _IES.sub("y", folded)}
        variants.update(folded[:idx] + folded[idx + 1 :] for idx in range(len(folded)))
        for variant in variants:
            filed[variant].append(name)
    for together in filed.values():
        for idx, one in enumerate(together if len(together) <= _MAX_ALIKE else ()):
            for other in together[:idx]:
                yield one, other


def _is_plural(one: str, many: str) -> bool:
    if len(one) < 3 or not one[-1].isalpha():
        return False
    if one.endswith("y") and many == f"{one[:-1]}ies":
        return True
    return many in (f"{one}s", f"{one}es")


def _is_typo(one: str, other: str) -> bool:
    """Whether a single letter is missing, wrong or too many, or two neighbors are exchanged."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _MIN_LENGTH or one == other:
        return False
    start = _common_prefix(shorter, longer)
    rest, longer_rest = shorter[start:], longer[start:]
    if len(shorter) < len(longer):
        return longer_rest[0].isalpha() and longer_rest[1:] == rest
    letters = rest[0] + longer_rest[0]
    if not letters.isalpha():
        return False
    is_exchanged = rest[:2] == longer_rest[1::-1] and rest[2:] == longer_rest[2:]
    return rest[1:] == longer_rest[1:] or is_exchanged


def _common_prefix(one: str, other: str) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length
