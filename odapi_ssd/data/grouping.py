"""Which images stay together when a dataset is divided: a group's, and copies of an image."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.division import DivisionUnit, num_val_images
from odapi_ssd.data.fingerprints import fingerprint_image, fingerprint_text
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import count_of, list_some

__all__ = ["compile_group_by", "make_units"]


@dataclass(frozen=True, slots=True)
class _Member:
    """An image of a unit: each of its classes, once, and a name that divides copies."""

    key: str
    text: str
    class_counts: Mapping[str, int]


def compile_group_by(pattern: str | None) -> re.Pattern[str] | None:
    """The regular expression of `--group_by`.

    Raises:
        OptionError: it is not one.
    """
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise OptionError(
            "group_by",
            f"is {pattern!r}, which is not a regular expression: {error}.",
            hint=r"for frames named street7_0001.jpg, for example: --group_by '(.*)_\d+'",
        ) from error


def make_units(
    entries: Iterable[SplitEntry],
    images: Mapping[str, AnnotatedImage],
    val_fraction: float,
    group_by: re.Pattern[str] | None,
) -> tuple[list[DivisionUnit], list[str]]:
    """The units of a division, and warnings.

    Images with an equal text in their name, as `group_by` finds it, are a unit. The others go by
    their content: copies are a unit, unless there are so many of them that none would be left for
    the other split; these go by their names too.

    Args:
        entries: of different images.
        images: by key; an entry that has none goes by its text.
        val_fraction: the share of `val`.
        group_by: searched for in the names that images have in records; its first group, or all
            that matches, is the text.

    Raises:
        OdapiError: no name matches.
    """
    grouping = _Grouping(group_by)
    for entry in entries:
        grouping.add(entry, images.get(entry.key))
    grouping.require_match()
    grouping.break_up_copies(val_fraction)
    return grouping.units(), grouping.warnings()


class _Grouping:
    """Images by the text that their names share, or else by their content."""

    def __init__(self, group_by: re.Pattern[str] | None):
        self._group_by = group_by
        self._groups: dict[bytes, list[_Member]] = {}
        self._copies: dict[bytes, list[_Member]] = {}
        self._unmatched: list[str] = []
        self._counts_of: dict[frozenset[str], Mapping[str, int]] = {}

    def add(self, entry: SplitEntry, image: AnnotatedImage | None) -> None:
        name = entry.text if image is None else image.record_name
        group = self._group_of(name)
        if group is not None:
            members = self._groups.setdefault(fingerprint_text(group), [])
        else:
            content = None if image is None else fingerprint_image(image)
            members = self._copies.setdefault(content or fingerprint_text(entry.text), [])
        objects = () if image is None else image.annotation.objects
        names = frozenset(one.name for one in objects)
        # Equal ones are kept once, as there may be a million images.
        counts = self._counts_of.setdefault(names, dict.fromkeys(names, 1))
        members.append(_Member(entry.key, entry.text, counts))

    def _group_of(self, name: str) -> str | None:
        if self._group_by is None:
            return None
        match = self._group_by.search(name)
        if match is None:
            self._unmatched.append(name)
            return None
        group: str | None = match[1] if self._group_by.groups else None
        return match[0] if group is None else group

    def require_match(self) -> None:
        """Raises OdapiError if no name matches: a mistyped expression must not pass unnoticed."""
        if self._group_by is not None and not self._groups:
            raise OdapiError(
                f"--group_by {self._group_by.pattern!r} matches the name of no image, expected "
                f"those of the same group to share what it matches: {list_some(self._unmatched)}.",
                hint="correct the regular expression, or leave --group_by out.",
            )

    def break_up_copies(self, val_fraction: float) -> None:
        """Breaks up what fits neither into `val` nor, with its like, into `train`."""
        units = [*self._groups.values(), *self._copies.values()]
        num_images = sum(map(len, units))
        num_val = num_val_images(num_images, val_fraction)
        large = sorted(
            (order for order, members in self._copies.items() if len(members) > max(num_val, 1)),
            key=lambda order: (len(self._copies[order]), order),
        )
        num_too_many = sum(len(self._copies[order]) for order in large) - (num_images - num_val)
        while large and num_too_many > 0:
            members = self._copies.pop(large.pop())
            num_too_many -= len(members)
            for member in members:
                self._copies.setdefault(fingerprint_text(member.text), []).append(member)

    def units(self) -> list[DivisionUnit]:
        both = (*self._groups.items(), *self._copies.items())
        return [self._make_unit(order, members) for order, members in both]

    def _make_unit(self, order: bytes, members: list[_Member]) -> DivisionUnit:
        if len(members) == 1:
            return DivisionUnit(order, (members[0].key,), members[0].class_counts)
        members = sorted(members, key=lambda member: member.text)
        counts: Counter[str] = Counter()
        for member in members:
            counts.update(member.class_counts)
        return DivisionUnit(order, tuple(member.key for member in members), counts)

    def warnings(self) -> list[str]:
        if self._group_by is None or not self._unmatched:
            return []
        what = count_of(len(self._unmatched), "image name does", "image names do")
        return [
            f"{what} not match --group_by {self._group_by.pattern!r} and stand alone: "
            f"{list_some(self._unmatched)}"
        ]
