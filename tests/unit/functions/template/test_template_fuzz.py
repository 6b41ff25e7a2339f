"""Templates that nobody should write: a stack or a sentence, and nothing else."""

import copy
import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.functions.specs import AuthorizerSpec, Stack
from talkroom.functions.template import TemplateUnusable, read_template
from tests.unit.functions.template.kit import FOLDER, SMALL
from tests.unit.functions.template.test_samples import CDK_CHAT, CHAT, SAM_CHAT


def outcome(text: str) -> Stack | str:
    """The stack, or what is said."""
    try:
        stack = read_template(text, folder=FOLDER)
    except TemplateUnusable as error:
        assert str(error)
        return str(error)
    check(stack)
    return stack


def check(stack: Stack) -> None:
    """What every stack has: APIs, all functions that they name, and nothing that is not what its type says."""
    assert stack.apis
    named = [route.target for api in stack.apis for route in api.routes.values() if isinstance(route.target, str)]
    named += [api.authorizer.function for api in stack.apis if isinstance(api.authorizer, AuthorizerSpec)]
    assert set(named) == stack.functions.keys()
    for function in stack.functions.values():
        texts = [function.name, function.runtime, function.handler, *function.environment.values()]
        assert all(type(text) is str for text in texts)
        assert all(layer.is_absolute() for layer in function.layers)
    for api in stack.apis:
        assert all(key == route.key and 0.05 <= route.timeout_s <= 29 for key, route in api.routes.items())
        assert all(type(text) is str for text in (api.name, api.stage, *api.stage_variables.values()))


class _Short(yaml.SafeLoader):
    """Reads short forms as their long forms."""


def _construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


yaml.add_multi_constructor("!", _construct, _Short)

TEXTS = [CHAT, SAM_CHAT, CDK_CHAT]
TEMPLATES: list[Any] = [
    dict(SMALL),
    json.loads(json.dumps(yaml.load(CHAT, Loader=_Short), default=str)),  # noqa: S506  # a safe loader of our own
    json.loads(json.dumps(yaml.load(SAM_CHAT, Loader=_Short), default=str)),  # noqa: S506
    json.loads(CDK_CHAT),
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40_000),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["", "Api", "Send", "AWS::Region", "AWS::NoValue", "${Api}", "${", "$default", "$connect", "WEBSOCKET", "MOCK"]
    ),
    st.sampled_from(
        ["AWS::ApiGatewayV2::Route", "AWS::Serverless::WebSocketApi", "AWS::Lambda::Function", "AWS::SQS::Queue"]
    ),
)
functions = st.sampled_from(
    [
        "Ref",
        "Fn::Sub",
        "Fn::GetAtt",
        "Fn::Join",
        "Fn::If",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::Base64",
        "Fn::ToJsonString",
        "Fn::Length",
        "Fn::ImportValue",
        "Fn::Transform",
        "Condition",
        "Fn::Equals",
        "Fn::Not",
        "Fn::Odd",
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5) | functions, inner, max_size=3),
        st.tuples(functions, inner).map(lambda call: {call[0]: call[1]}),
    ),
    max_leaves=6,
)


def find_places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder in a template with every key or index of it."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    found = [(value, key) for key in keys]
    for key in keys:
        found += find_places(value[key])
    return found


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A template that could be served, with something in it replaced, removed, moved or renamed."""
    template = copy.deepcopy(draw(st.sampled_from(TEMPLATES)))
    for _ in range(draw(st.integers(1, 4))):
        places = find_places(template)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "replace", "remove", "copy", "rename"])):
            case "replace":
                holder[key] = draw(values)
            case "remove":
                del holder[key]
            case "copy":
                other, name = draw(st.sampled_from(places))
                holder[key] = copy.deepcopy(other[name])
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=4) | functions)] = holder.pop(key)
    return json.dumps(template)


@given(mutations())
@settings(max_examples=600, deadline=None, database=None)
def test_a_changed_template_is_a_stack_or_a_sentence(text: str) -> None:
    """Whatever is changed in it."""
    outcome(text)


@st.composite
def edits(draw: st.DrawFn) -> str:
    """A template's text with some of its characters replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        inserted = draw(
            st.text(max_size=3) | st.sampled_from(["&a ", "*a ", "<<: ", "!Ref ", "!Sub ", "- ", "\n", "{", "]", "? "])
        )
        text = text[:start] + inserted + text[start + draw(st.integers(0, 8)) :]
    return text


@given(edits())
@settings(max_examples=150, deadline=None, database=None)
def test_an_edited_text_is_a_stack_or_a_sentence(text: str) -> None:
    """In either syntax."""
    outcome(text)


@given(st.text(max_size=200) | st.text("{}[]:,&*!|>-?#%@`'\"\\ \n\tab0", max_size=80))
@settings(max_examples=300, deadline=None, database=None)
def test_any_text_is_refused_with_a_sentence(text: str) -> None:
    """No text of random characters is a template."""
    assert isinstance(outcome(text), str)


@given(
    st.dictionaries(
        st.sampled_from(["Resources", "Globals", "Parameters", "Conditions", "Mappings", "Transform"]), values
    )
)
@settings(max_examples=300, deadline=None, database=None)
def test_sections_of_any_shape_are_refused_with_a_sentence(template: dict[str, Any]) -> None:
    """Nothing in them can be served."""
    assert isinstance(outcome(json.dumps(template)), str)
