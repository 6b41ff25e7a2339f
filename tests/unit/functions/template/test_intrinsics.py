"""CloudFormation's functions, as a variable of a function's environment comes to them."""

from typing import Any

import pytest

from talkroom.functions.template.limits import RESOLVED_CHARACTERS_MAX, RESOLVED_VALUES_MAX
from tests.unit.functions.template.kit import (
    change,
    read,
    read_send,
    refuse,
    refuse_changed,
    refuse_value,
    resolve,
    resource,
)

PARAMETERS = {"Name": {"Type": "String", "Default": "n"}, "List": {"Type": "CommaDelimitedList", "Default": "x,y,z"}}
CONDITIONS = {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}}
MAPPINGS = {"Regions": {"us-east-1": {"Size": "large", "Zones": ["a", "b"]}, "012345678901": {"Size": "tiny"}}}
SECTIONS = {"Parameters": PARAMETERS, "Conditions": CONDITIONS, "Mappings": MAPPINGS}

TABLE = {"Table": resource("AWS::DynamoDB::Table", TableName="users")}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Name"}, "n"),
        ({"Ref": "Table"}, "users"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "000000000000"),
        ({"Ref": "AWS::StackName"}, "talkroom"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Fn::Join": [",", {"Ref": "AWS::NotificationARNs"}]}, ""),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "arn:aws:dynamodb:us-east-1:000000000000:table/users"),
        ({"Fn::GetAtt": "Table.Arn"}, "arn:aws:dynamodb:us-east-1:000000000000:table/users"),
        (
            {"Fn::GetAtt": ["Table", {"Fn::Join": ["", ["A", "rn"]]}]},
            "arn:aws:dynamodb:us-east-1:000000000000:table/users",
        ),
        ({"Fn::Sub": "${Name}-${AWS::Region}-${Table}"}, "n-us-east-1-users"),
        ({"Fn::Sub": "${Table.Arn}"}, "arn:aws:dynamodb:us-east-1:000000000000:table/users"),
        ({"Fn::Sub": "${!Name} $Name $$ {Name} ${!a b}"}, "${Name} $Name $$ {Name} ${a b}"),
        ({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Table"}, "Name": "local"}]}, "userslocal"),
        ({"Fn::Sub": ["${A.B}", {"A.B": "dotted"}]}, "dotted"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, {"Ref": "AWS::NoValue"}, 3]]}, "a-n-3"),
        ({"Fn::Join": ["/", {"Ref": "List"}]}, "x/y/z"),
        ({"Fn::If": ["Yes", "a", {"Ref": "Nothing"}]}, "a"),
        ({"Fn::If": ["No", {"Fn::ImportValue": "x"}, {"Fn::If": ["Yes", "b", "c"]}]}, "b"),
        ({"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "Size"]}, "large"),
        ({"Fn::FindInMap": ["Regions", "012345678901", "Size"]}, "tiny"),
        ({"Fn::FindInMap": ["Regions", "eu-west-1", "Size", {"DefaultValue": {"Ref": "Name"}}]}, "n"),
        ({"Fn::Select": [1, {"Fn::FindInMap": ["Regions", "us-east-1", "Zones"]}]}, "b"),
        ({"Fn::Select": ["2", {"Ref": "List"}]}, "z"),
        ({"Fn::Select": [0, ["a", {"Ref": "Name"}]]}, "a"),
        ({"Fn::Join": ["+", {"Fn::Split": ["/", "a/b/c"]}]}, "a+b+c"),
        ({"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Table", "Arn"]}]}]}, "table/users"),
        ({"Fn::Base64": {"Fn::Sub": "é${Name}"}}, "w6lu"),
        ({"Fn::Length": {"Ref": "List"}}, "3"),
        ({"Fn::ToJsonString": {"a": [1, True, "1", {"Ref": "Name"}]}}, '{"a":[1,true,"1","n"]}'),
        ("plain ${Name}", "plain ${Name}"),
        (True, "true"),
        (1.5, "1.5"),
    ],
)
def test_a_function_comes_to_text(value: Any, text: str) -> None:
    """As on AWS."""
    assert text == resolve(value, TABLE, **SECTIONS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ref": "Nothing"}, "Nothing names neither a parameter nor a resource of this template"),
        ({"Ref": ["a"]}, "Ref needs a name, not a list"),
        ({"Fn::Sub": "${Nothing}"}, "Nothing names neither a parameter nor a resource of this template"),
        ({"Fn::Sub": "${List}"}, "Fn::Sub: ${List} is not text"),
        ({"Fn::Sub": "${AWS::NoValue}"}, "Fn::Sub: ${AWS::NoValue} is not text"),
        (
            {"Fn::Sub": "${a b}"},
            "Fn::Sub: ${a b} is no name: write ${!...} for text that stays as it is",
        ),
        ({"Fn::Sub": ["${A}"]}, "Fn::Sub needs text, or text and a map of variables"),
        ({"Fn::GetAtt": "Table"}, "Fn::GetAtt needs the logical id of a resource and the name of an attribute"),
        ({"Fn::GetAtt": {"a": "b"}}, "Fn::GetAtt needs a list, not a map"),
        ({"Fn::GetAtt": ["Table", ["Arn"]]}, "Fn::GetAtt needs text, not a list"),
        (
            {"Fn::GetAtt": ["Table", "Colour"]},
            "Table.Colour is an attribute of AWS::DynamoDB::Table that only AWS knows; make it a parameter with a default",
        ),
        ({"Fn::Join": "a"}, "Fn::Join needs a delimiter and a list"),
        ({"Fn::Join": [",", "a"]}, "Fn::Join needs a list, not text"),
        ({"Fn::Join": [",", [["a"]]]}, "Fn::Join can only join text, not a list"),
        ({"Fn::Join": [{"Ref": "List"}, ["a"]]}, "Fn::Join needs text, not a list"),
        ({"Fn::If": ["Maybe", "a", "b"]}, "there is no condition Maybe; the template has Yes and No"),
        ({"Fn::If": ["Yes", "a"]}, "Fn::If needs a condition, a value if it is true and a value if it is false"),
        ({"Fn::If": [["Yes"], "a", "b"]}, "Fn::If needs the name of a condition, not a list"),
        ({"Fn::FindInMap": ["Regions", "x", "Size"]}, "Fn::FindInMap: Mappings has no 'Regions'.'x'.'Size'"),
        (
            {"Fn::FindInMap": ["Regions"]},
            "Fn::FindInMap needs the name of a mapping, a top-level key and a second-level key",
        ),
        ({"Fn::Select": [3, ["a"]]}, "Fn::Select: a list of 1 has no item '3'"),
        ({"Fn::Select": ["-1", ["a"]]}, "Fn::Select: a list of 1 has no item '-1'"),
        ({"Fn::Select": [0, "a"]}, "Fn::Select needs a list, not text"),
        ({"Fn::Select": [0]}, "Fn::Select needs an index and a list"),
        ({"Fn::Split": ["", "a"]}, "Fn::Split needs a delimiter that is not empty"),
        ({"Fn::Split": ["a"]}, "Fn::Split needs a delimiter and text"),
        ({"Fn::Base64": ["a"]}, "Fn::Base64 needs text, not a list"),
        (
            {"Fn::ImportValue": "other-Table"},
            "Fn::ImportValue is an export of another stack, which is not known here; make it a parameter with a default",
        ),
        (
            {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            "Fn::GetAZs is what availability zones an account has, which is not known here; make it a parameter with a default",
        ),
        ({"Fn::Equals": ["a", "a"]}, "Fn::Equals belongs into the section Conditions; name the condition in Fn::If"),
        ({"Fn::Unheard": "of"}, "there is no function 'Fn::Unheard'"),
        ({"Fn::Sub": "a", "b": "c"}, "'Fn::Sub' must be the only key of its map"),
        (["a"], "must be text, not a list"),
        ({"a": "b"}, "must be text, not a map"),
    ],
)
def test_a_function_that_comes_to_nothing_is_refused(value: Any, said: str) -> None:
    """Of the property that needs it."""
    assert said == refuse_value(value, TABLE, **SECTIONS)


def test_no_value_takes_the_property_away() -> None:
    """Of a variable, of an item and of a whole property."""
    no_value = {"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}
    changes = {
        "Send.Environment.Variables": {"AA": no_value, "BB": "b"},
        "Send.Timeout": no_value,
        "Send.Layers": [no_value],
    }

    send = read_send(changes, **SECTIONS)

    assert ({"BB": "b"}, 3, ()) == (send.environment, send.timeout_s, send.layers)


def test_what_nobody_needs_need_not_be_known() -> None:
    """Policies, a VPC, a function without a route and outputs are not resolved."""
    unknown = {"Fn::ImportValue": "x"}
    changes = {
        "Send.Policies": [unknown],
        "Send.VpcConfig": {"SubnetIds": unknown},
        "Other": resource("AWS::Lambda::Function", FunctionName=unknown, Code=unknown),
        "Bucket": resource("AWS::S3::Bucket", BucketName={"Ref": "Nothing"}),
    }

    assert {"Send"} == read(change(changes, Outputs={"A": {"Value": unknown}})).functions.keys()


def test_the_pseudo_parameters_of_another_partition() -> None:
    """The region decides."""
    text = change(
        {"Send.Environment.Variables.VALUE": {"Fn::Sub": "${AWS::Partition} ${AWS::URLSuffix} ${AWS::StackId}"}}
    )

    send = read(text, region="cn-north-1", account_id="123456789012", stack_name="chat").functions["Send"]

    expected = "aws-cn amazonaws.com.cn arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/chat/"
    assert send.environment["VALUE"].startswith(expected)


def test_a_resource_called_on_can_be_named() -> None:
    """In every form, although YAML 1.1 reads its name as a flag."""
    text = """
    Resources:
      On: {Type: AWS::DynamoDB::Table}
      Api:
        Type: AWS::Serverless::WebSocketApi
        Properties:
          RouteSelectionExpression: $request.body.action
          Routes: {$default: {FunctionArn: !GetAtt No.Arn}}
      No:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: .
          Handler: a.b
          Runtime: python3.13
          Environment:
            Variables: {AA: !Ref On, BB: {Ref: On}, CC: !Sub "${On}", DD: !GetAtt On.Arn, EE: {"Fn::GetAtt": [On, Arn]}, ON: on}
    """

    environment = read(text).functions["No"].environment

    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/talkroom-On"
    expected = {"AA": "talkroom-On", "BB": "talkroom-On", "CC": "talkroom-On", "DD": arn, "EE": arn, "ON": "true"}
    assert expected == environment


def test_text_cannot_be_multiplied_without_end() -> None:
    """Names made of ten times the name before them."""
    tables = {"T0": resource("AWS::DynamoDB::Table", TableName="x" * 100)}
    for index in range(1, 20):
        name = {"Fn::Join": ["", [{"Ref": f"T{index - 1}"}] * 10]}
        tables[f"T{index}"] = resource("AWS::DynamoDB::Table", TableName=name)

    said = refuse_changed({**tables, "Send.Environment.Variables.VALUE": {"Ref": "T19"}})

    assert "T2.TableName: is longer than 4096 characters" == said


def test_the_text_that_functions_make_is_bounded() -> None:
    """All together."""
    join = {"Fn::Join": ["", [{"Ref": "Long"}] * 5000]}
    long = {"Long": {"Type": "String", "Default": "x" * 4096}}

    said = refuse_value(join, Parameters=long)

    assert f"the template's functions make more than {RESOLVED_CHARACTERS_MAX} characters of text" == said


def test_text_full_of_openings_is_no_more_work_than_other_text() -> None:
    """A pattern that began again at every one of them would not come to an end."""
    assert "${" * 200_000 == resolve({"Fn::Sub": "${" * 200_000})


def test_the_values_that_functions_look_at_are_bounded() -> None:
    """A long list of a mapping can be asked for again and again."""
    long = {"Lists": {"a": {"b": ["x"] * 5000}}}
    lengths = [{"Fn::Length": {"Fn::FindInMap": ["Lists", "a", "b"]}}] * 300

    said = refuse_value({"Fn::Join": ["", lengths]}, Mappings=long)

    assert f"the template's functions come to more than {RESOLVED_VALUES_MAX} values" in said


def test_names_that_need_each_other_are_refused() -> None:
    """A cycle has no first name."""
    changes = {
        "A": resource("AWS::DynamoDB::Table", TableName={"Fn::Sub": "${B}x"}),
        "B": resource("AWS::DynamoDB::Table", TableName={"Ref": "A"}),
    }

    assert "B.TableName: the name of A depends on itself, by way of A and B" == refuse_changed(
        {**changes, "Send.Environment.Variables.VALUE": {"Ref": "A"}}
    )


def test_a_chain_of_names_without_end_is_refused() -> None:
    """And is no crash."""
    tables = {
        f"T{index}": resource("AWS::DynamoDB::Table", TableName={"Ref": f"T{index + 1}"}) for index in range(2000)
    }
    text = change({**tables, "Send.Environment.Variables.VALUE": {"Ref": "T0"}})

    assert "The template's functions are nested or chained too deeply to be resolved." == str(refuse(text))
