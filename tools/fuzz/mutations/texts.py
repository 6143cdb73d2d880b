"""Damages text: numbers and words in it, its lines, and how it is encoded."""

import random
import re
from collections.abc import Callable, Sequence

__all__ = ["NUMBERS", "WORDS", "encode_oddly", "mutate_text"]

NUMBERS = (
    "nan", "inf", "-inf", "-nan", "1e400", "-1e400", "1e-400", "-0", "-0.0", "0", "-1", "1", "1.5",
    "1_000", "0x10", "010", "1e3", "٣", "１", "½", "2147483647", "2147483648", "-2147483648",
    "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "1" * 400, "1" * 5000,
    "9" * 30, "1e308", "3.4e38", "3.5e38", "1e-46", "", " ", "+5", "5.", ".5", "1,5", "None",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "\n", ".", "..", "../../etc/passwd", "/etc/passwd", "C:\\a", "a/b", "~", "*",
    "[!", "%s%n", "{0}", "${HOME}", "é", "e\u0301", "ẞ", "日本語", "🐕", "\u202e", "\ufeff", "\x7f",
    "\x85", "\u2028", "\x1b[2J", "\x00", "\ud800", "\uffff", "a" * 300, "a" * 70_000, "-", "--set",
    "NaN", "null", "true", "'", '"', "\\", "&lt;", "&#0;", "<!--", "]]>", "{", "}", "#", "://",
    "item", "aux", ".hidden", "a\rb", "a\nb",
)  # fmt: skip
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-8-sig",
    "latin-1",
    "cp037",
    "utf-7",
)


def mutate_text(
    generator: random.Random, text: str, others: Sequence[str] = (), most: int = 3
) -> str:
    """Damages a text, once to a few times.

    Args:
        generator: decides what is done.
        text: what is damaged.
        others: valid texts of the same sort, lines of which are put in.
        most: how many changes at most.
    """
    for _ in range(generator.randint(1, most)):
        text = generator.choice(_CHANGES)(generator, text, others)
    return text


def encode_oddly(generator: random.Random, text: str) -> bytes:
    """A text in an encoding that is not UTF-8, or with a byte order mark, or several."""
    if generator.random() < 0.2:
        return b"\xef\xbb\xbf" * generator.randint(1, 3) + text.encode("utf-8", "replace")
    return text.encode(generator.choice(_ENCODINGS), "replace")


def _replace_one(generator: random.Random, text: str, pattern: re.Pattern[str], value: str) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text + value
    one = generator.choice(found)
    return text[: one.start()] + value + text[one.end() :]


def _number(generator: random.Random, text: str, others: Sequence[str]) -> str:
    return _replace_one(generator, text, _NUMBER, generator.choice(NUMBERS))


def _word(generator: random.Random, text: str, others: Sequence[str]) -> str:
    return _replace_one(generator, text, _WORD, generator.choice(WORDS))


def _word_of_text(generator: random.Random, text: str, others: Sequence[str]) -> str:
    words = _WORD.findall(generator.choice((text, *others)))
    return _replace_one(generator, text, _WORD, generator.choice(words or ("x",)))


def _insert(generator: random.Random, text: str, others: Sequence[str]) -> str:
    place = generator.randrange(len(text) + 1)
    return text[:place] + generator.choice((*WORDS, *NUMBERS)) + text[place:]


def _delete(generator: random.Random, text: str, others: Sequence[str]) -> str:
    place = generator.randrange(len(text) + 1)
    return text[:place] + text[place + 2 ** generator.randint(0, 9) :]


def _truncate(generator: random.Random, text: str, others: Sequence[str]) -> str:
    return text[: generator.randrange(len(text) + 1)]


def _lines(generator: random.Random, text: str, others: Sequence[str]) -> str:
    """Deletes, repeats or moves lines, or takes some of another text."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    start = generator.randrange(len(lines))
    part = lines[start : start + generator.choice((1, 1, 3, 10))]
    action = generator.choice(("delete", "repeat", "repeat", "move", "take"))
    if action in ("delete", "move"):
        del lines[start : start + len(part)]
    if action == "take" and others:
        theirs = generator.choice(others).splitlines(keepends=True) or [""]
        start = generator.randrange(len(theirs))
        part = theirs[start : start + 10]
    place = generator.randrange(len(lines) + 1)
    if action != "delete":
        lines[place:place] = part * (generator.choice((1, 1, 2, 100)) if action == "repeat" else 1)
    return "".join(lines)


def _ends(generator: random.Random, text: str, others: Sequence[str]) -> str:
    return text.replace("\n", generator.choice(("\r\n", "\r", "", "\x0b", "\u2028", "\n\n", "\0")))


_CHANGES: tuple[Callable[[random.Random, str, Sequence[str]], str], ...] = (
    _number, _number, _number, _word, _word, _word_of_text, _insert, _insert, _delete, _truncate,
    _lines, _lines, _ends,
)  # fmt: skip
