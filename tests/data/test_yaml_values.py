"""YAML of strangers. PyYAML itself, unguarded, is what the bombs below are for."""

import pytest

from odapi_ssd.data.yaml_values import read_yaml
from odapi_ssd.errors import OdapiError


def read(tmp_path, text):
    path = tmp_path / "data.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path, "data.yaml")


def test_scalars_stay_texts(tmp_path):
    text = "names: [no, 1e3, 2020-01-01, ~, 0x10, '']\nnc: 3\n1: {a: yes}\n"
    assert read(tmp_path, text) == {
        "names": ["no", "1e3", "2020-01-01", "~", "0x10", ""], "nc": "3", "1": {"a": "yes"},
    }  # fmt: skip


def test_a_thousand_digits_stay_a_text(tmp_path):
    assert read(tmp_path, f"nc: {'9' * 10_000}") == {"nc": "9" * 10_000}


def test_a_file_without_content(tmp_path):
    assert read(tmp_path, "# nothing\n") is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_line_ends(tmp_path, encoding):
    assert read(tmp_path, "names:\r\n  - Löwe\r\n".encode(encoding)) == {"names": ["Löwe"]}


def test_aliases_that_do_not_multiply(tmp_path):
    assert read(tmp_path, "a: &x [1]\nb: *x") == {"a": ["1"], "b": ["1"]}


LAUGHS = "a0: &a0 [ha]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "data.yaml: has more than 200,000 values, or 50 levels, with its aliases"),
        ("a: &a [*a]", "data.yaml: has more than 200,000 values, or 50 levels, with its al"),
        ("[" * 60 + "]" * 60, "data.yaml: has more than 200,000 values, or 50 levels, with"),
        ("[" * 1_000_000, "data.yaml: is not YAML that can be read"),
        ("a: [\n  b", "data.yaml: is not YAML, see line 2, column 4"),
        ("a: *b", "data.yaml: is not YAML, see line 1, column 4"),
        ("a: \x07", "data.yaml: is not YAML that can be read"),
        ("a: 1\n---\nb: 2", "data.yaml: is not YAML, see line 2, column 1"),
        ("a: !!python/object/apply:os.system [ls]", "data.yaml: line 1 has the tag 'tag:yaml.or"),
        ("a:\n  !mine b: 1", "data.yaml: line 2 has the tag '!mine', expected none; it was not"),
        ("? [a]\n: b", "data.yaml: line 1 has a key that is not a text"),
        (
            "a: " + "b" * 4_000_000,
            "data.yaml: has 4,000,003 characters, expected 4,000,000",
        ),
        (b"a: \xff", "data.yaml: cannot be read: it is not UTF-8 text (the byte 0xff in line 1)"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_refused(tmp_path, text, message):
    with pytest.raises(OdapiError) as caught:
        read(tmp_path, text)
    assert caught.value.problem.startswith(message)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OdapiError, match=r"data\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "data.yaml", "data.yaml")
