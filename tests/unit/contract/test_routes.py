"""Route selection expressions: section 5.1 of the contract page."""

import pytest

from talkroom.contract.routes import CONNECT, DEFAULT, DISCONNECT, RESERVED, InvalidExpression, compile_selector

ACTION = "$request.body.action"


@pytest.mark.parametrize("expression", ["$request.body.action", "${request.body.action}"])
def test_both_spellings_of_a_path_read_the_body(expression: str):
    """The guide uses the form with braces and the one without."""
    assert "join" == compile_selector(expression)('{"action":"join"}')


@pytest.mark.parametrize("expression", ["$request.body.service.do", "${request.body.service.do}"])
def test_a_path_may_be_nested(expression: str):
    """Every dot goes one object deeper."""
    assert "stop" == compile_selector(expression)('{"service":{"do":"stop"}}')


def test_placeholders_compose_with_text():
    """`${…}` may stand several times and between other text."""
    selector = compile_selector("v1/${request.body.service}/${request.body.action}!")

    assert "v1/chat/join!" == selector('{"service":"chat","action":"join"}')


def test_a_missing_path_in_a_composition_is_the_empty_string():
    """The guide's own example: `${request.body.action}-${request.body.invalidPath}` gives `join-`."""
    selector = compile_selector("${request.body.action}-${request.body.invalidPath}")

    assert "join-" == selector('{"action":"join"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"other":"join"}',
        "{}",
        '{"action":null}',
        '{"Action":"join"}',
    ],
)
def test_a_missing_path_selects_nothing(text: str):
    """The empty string equals no route key, so the default route gets the message."""
    assert "" == compile_selector(ACTION)(text)


@pytest.mark.parametrize("text", ['{"a":"text"}', '{"a":["b"]}', '{"a":5}', '{"a":null}', '{"b":1}'])
def test_a_path_through_something_else_than_an_object_selects_nothing(text: str):
    """Nothing lies below a text, a number, a list or null."""
    assert "" == compile_selector("$request.body.a.b")(text)


@pytest.mark.parametrize("text", ["", "hello", "{", '{"action":', "{'action':'join'}", "nul", '{"action":"join"} x'])
def test_text_that_is_not_json_selects_nothing(text: str):
    """So that it goes to the default route."""
    assert "" == compile_selector(ACTION)(text)


@pytest.mark.parametrize("text", ["[]", '["action"]', '[{"action":"join"}]', '"action"', "5", "true", "null"])
def test_json_that_is_not_an_object_selects_nothing(text: str):
    """So that it goes to the default route."""
    assert "" == compile_selector(ACTION)(text)


@pytest.mark.parametrize("text", ["hello", "[]", "5"])
def test_a_composition_selects_nothing_from_what_is_not_an_object(text: str):
    """Not even its constant parts, or every malformed message would select the same odd key."""
    assert "" == compile_selector("v1-${request.body.action}")(text)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("5", "5"),
        ("-7", "-7"),
        ("1.5", "1.5"),
        ("true", "true"),
        ("false", "false"),
        ("[item1, item2]", '["item1","item2"]'),
        ("[1, true, [a, b]]", '[1,true,["a","b"]]'),
        ("[]", "[]"),
        ('{"a":1}', '{ "a": 1 }'),
    ],
)
def test_values_are_compared_as_text(expected: str, value: str):
    """Arrays stand in brackets with a comma and a space, as the guide shows; numbers and booleans as they are written."""
    assert expected == compile_selector(ACTION)(f'{{"action":{value}}}')


def test_a_selected_text_keeps_its_case_and_spaces():
    """The comparison with route keys is exact."""
    assert " Join " == compile_selector(ACTION)('{"action":" Join "}')


def test_an_escaped_dollar_makes_a_constant():
    r"""`\$default` sends every message to the default route, JSON or not."""
    selector = compile_selector("\\$default")

    assert ["$default", "$default"] == [selector("hello"), selector('{"action":"join"}')]


@pytest.mark.parametrize(
    "expression",
    [
        "$request.header.action",
        "${request.header.action}",
        "$request.querystring.action",
        "$context.connectionId",
        "$request.body",
        "$request.body.",
        "${request.body.}",
        "${request.body.action",
        "$action",
        "v1-${request.body.action}-${context.stage}",
    ],
)
def test_an_expression_that_reads_anything_but_the_body_is_refused(expression: str):
    """Only `request.body` may be read in a route selection expression."""
    with pytest.raises(InvalidExpression, match=r"only \$request\.body can be read"):
        compile_selector(expression)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"action":' + "[" * 100_000, id="arrays, not closed"),
        pytest.param('{"action":' + "[" * 100_000 + "]" * 100_000 + "}", id="arrays"),
        pytest.param('{"action":' * 100_000 + "1" + "}" * 100_000, id="objects"),
    ],
)
def test_nesting_too_deep_to_read_selects_nothing(text: str):
    """A client cannot exhaust the stack; its message goes to the default route."""
    assert "" == compile_selector(ACTION)(text)


@pytest.mark.parametrize("depth", [100, 300, 450, 600, 900, 3000, 9000])
def test_nesting_that_can_be_read_but_not_written_does_not_raise(depth: int):
    """Between the depths that the decoder and our own recursion bear there must be no gap."""
    selected = compile_selector(ACTION)('{"action":' + "[" * depth + "]" * depth + "}")

    assert selected in ("", "[" * depth + "]" * depth)


@pytest.mark.parametrize("digits", [30, 5000])
def test_a_huge_number_selects_itself_or_nothing(digits: int):
    """Python refuses to convert integers of more than 4300 digits; that is no reason to crash."""
    number = "9" * digits

    assert compile_selector(ACTION)(f'{{"action":{number}}}') in ("", number)


def test_the_lifecycle_routes_are_reserved():
    """No message may select them."""
    assert {"$connect", "$disconnect", "$default"} == RESERVED == {CONNECT, DISCONNECT, DEFAULT}
