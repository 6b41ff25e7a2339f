"""The text of a template: YAML and JSON, their traps and their limits."""

import json

import pytest

from talkroom.functions.template.document import read_document
from talkroom.functions.template.errors import TemplateUnusable
from talkroom.functions.template.limits import DEPTH_MAX, TEMPLATE_BYTES_MAX, VALUES_MAX


def refuse(text: str) -> str:
    """What is said of a text."""
    with pytest.raises(TemplateUnusable) as caught:
        read_document(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", "true"),
        ("True", "true"),
        ("yes", "true"),
        ("YES", "true"),
        ("On", "true"),
        ("no", "false"),
        ("OFF", "false"),
        ("y", "y"),
        ("3", "3"),
        ("1.50", "1.50"),
        ("012345670123", "012345670123"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("22:22", "22:22"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("2010-09-09", "2010-09-09"),
        ("2010-09-09T10:00:00Z", "2010-09-09T10:00:00Z"),
        ("'yes'", "yes"),
        ('"no"', "no"),
        ("!!str yes", "yes"),
        ("! yes", "yes"),
        ("!!int 5", "5"),
        ("!!timestamp 2010-09-09", "2010-09-09"),
        ("~", None),
        ("null", None),
        ("", None),
        ("''", ""),
        ("'~'", "~"),
        ("|\n  two\n  lines", "two\nlines"),
    ],
)
def test_a_scalar_of_yaml_is_the_text_that_cloudformation_makes_of_it(written: str, value: str | None) -> None:
    """Numbers and dates stay as they are written, and YAML 1.1's flags become `true` and `false`."""
    assert {"Key": value} == read_document(f"Key: {written}")


@pytest.mark.parametrize("key", ["No", "On", "Y", "yes", "null", "~", "1", "012", "2010-09-09", "1.0", "<"])
def test_a_key_of_yaml_is_what_is_written(key: str) -> None:
    """Whatever YAML 1.1 would make of it as a value."""
    assert {key: {"Type": "x"}} == read_document(f"{key}: {{Type: x}}")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref On", {"Ref": "On"}),
        ("!Condition No", {"Condition": "No"}),
        ("!GetAtt Send.Arn", {"Fn::GetAtt": ["Send", "Arn"]}),
        ("!GetAtt Nested.Outputs.Url", {"Fn::GetAtt": ["Nested", "Outputs.Url"]}),
        ("!GetAtt [Send, Arn]", {"Fn::GetAtt": ["Send", "Arn"]}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!Join ['', [a, !Ref B]]", {"Fn::Join": ["", ["a", {"Ref": "B"}]]}),
        ("!If [C, a, !Ref AWS::NoValue]", {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]}),
        ("!Not [!Condition C]", {"Fn::Not": [{"Condition": "C"}]}),
        ("!Equals [a, 1]", {"Fn::Equals": ["a", "1"]}),
        ("!FindInMap [A, b, c]", {"Fn::FindInMap": ["A", "b", "c"]}),
        ("!Select [0, !GetAZs '']", {"Fn::Select": ["0", {"Fn::GetAZs": ""}]}),
        ("!Split [',', a]", {"Fn::Split": [",", "a"]}),
        ("!Base64 a", {"Fn::Base64": "a"}),
        ("!ImportValue a", {"Fn::ImportValue": "a"}),
        ("!Transform {Name: M}", {"Fn::Transform": {"Name": "M"}}),
        ("!Unheard of", {"Fn::Unheard": "of"}),
    ],
)
def test_a_short_form_is_its_long_form(short: str, long: object) -> None:
    """Known or not: who needs the value will ask."""
    assert {"Key": long} == read_document(f"Key: {short}")


def test_aliases_and_merge_keys_are_read() -> None:
    """What is written beside `<<` wins, and so does the earlier of several."""
    text = """
    one: &one {a: 1, b: 1}
    two: &two {b: 2, c: 2}
    merged: {<<: [*one, *two], a: 0}
    single: {<<: *one, z: [*two]}
    """

    assert {"a": "0", "b": "1", "c": "2"} == read_document(text)["merged"]
    assert {"a": "1", "b": "1", "z": [{"b": "2", "c": "2"}]} == read_document(text)["single"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "The template is not YAML: line 1, column 5:"),
        ("a: 1\nb: [1, 2\nc: 3", "The template is not YAML: line 3, column "),
        ("a: \x01", "The template is not YAML: line 1, column "),
        ("a: 1\nb: 2\na: 3", "The template is not usable: line 3, column 1: the key 'a' is there twice."),
        (
            "a: *b",
            "The template is not usable: line 1, column 4: the alias 'b' stands for nothing, or for what it is in.",
        ),
        (
            "a: &a [*a]",
            "The template is not usable: line 1, column 8: the alias 'a' stands for nothing, or for what it is in.",
        ),
        ("? [a]\n: 1", "The template is not usable: line 1, column 5: a key must be text."),
        ("!Ref a: 1", "The template is not usable: line 1, column 1: a key cannot be '!Ref'."),
        ("a: !!python/object:os.system {}", "The template is not usable: line 1, column "),
        (
            "a: !!binary aGk=",
            "The template is not usable: line 1, column 4: the tag 'tag:yaml.org,2002:binary' is none of",
        ),
        ("a: {<<: [1]}", "The template is not usable: line 1, column 11: << must stand before an alias of a map"),
        ("a: 1\n--- \nb: 1", "The template is not usable: line 2, column 1: a template is one document"),
        ("", "The template is empty."),
        ("# nothing", "The template is empty."),
        ("- a", "The template is not a map of sections."),
        ("text", "The template is not a map of sections."),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "The template has the key 'c' twice in one map."),
        ('{"a": 1,\n "b" 2}', "The template is not JSON: line 2, column 6: Expecting ':' delimiter."),
        ('{"a": "\\ud800"}', "The template holds a lone surrogate, which is no character."),
        ('{"\\ud800": 1}', "The template holds a lone surrogate, which is no character."),
        ("a: \ud800", "The template holds a lone surrogate, which is no character."),
    ],
)
def test_a_text_that_is_no_template_is_refused(text: str, said: str) -> None:
    """With line and column where there is one."""
    assert refuse(text).startswith(said)


def test_json_has_the_same_values() -> None:
    """Numbers keep their text, and flags become text."""
    text = '\ufeff{"a": [1, 1.50, 12345678901234567890, true, false, null, "\\ud83d\\ude00", NaN], "b": {"Ref": "On"}}'

    expected = {"a": ["1", "1.50", "12345678901234567890", "true", "false", None, "😀", "NaN"], "b": {"Ref": "On"}}
    assert expected == read_document(text)


def test_yaml_may_begin_with_a_brace() -> None:
    """Not everything that does is JSON."""
    assert {"a": ["1", {"Ref": "b"}]} == read_document("{a: [1, !Ref b]}")


def test_a_template_that_is_too_large_is_refused() -> None:
    """By its bytes, which may be more than its characters."""
    assert "larger than 1048576 bytes" in refuse("a: " + "x" * TEMPLATE_BYTES_MAX)
    assert "larger than 1048576 bytes" in refuse("a: " + "é" * (TEMPLATE_BYTES_MAX // 2))


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 500_000,
        "a: " + "{a: " * 200_000,
        "- " * 200_000,
        '{"a": ' + "[" * 500_000,
        '{"a": ' + "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1) + "}",
        "a: " + "[" * DEPTH_MAX + "]" * DEPTH_MAX,
        "x0: &x0 []\n" + "".join(f"x{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 5000)),
    ],
)
def test_a_template_that_is_nested_too_deeply_is_refused(text: str) -> None:
    """In either syntax, and by way of aliases."""
    assert "nested too deeply" in refuse(text)


def test_the_deepest_template_is_read() -> None:
    """The outermost map counts as one."""
    nested = "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1)

    assert read_document(f"a: {nested}") == read_document(f'{{"a": {nested}}}')


def test_aliases_of_aliases_are_counted_and_refused() -> None:
    """A billion laughs."""
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]

    assert f"{VALUES_MAX} values are the limit" in refuse("\n".join(lines))


def test_merging_the_same_map_again_and_again_is_counted() -> None:
    """Each merge copies what it merges."""
    large = "{" + ", ".join(f"k{i}: 1" for i in range(2000)) + "}"
    text = f"a: &a {large}\n" + "".join(f"b{i}: {{<<: *a}}\n" for i in range(200))

    assert f"{VALUES_MAX} values are the limit" in refuse(text)


def test_json_of_too_many_values_is_refused() -> None:
    """Whatever its size."""
    assert f"{VALUES_MAX} values are the limit" in refuse(json.dumps({"a": [0] * VALUES_MAX}))
