"""YAML as CloudFormation reads it.

Built from PyYAML's events, and not by one of its loaders: no Python object is ever constructed, nothing recurses, every limit
holds while the text is read, and a scalar stays the text that was written. YAML 1.1 would make a number of an account id that
begins with 0, a date of a version, and `false` of a resource that is called `No`.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import yaml

from talkroom.functions.template.errors import TemplateUnusable, quote
from talkroom.functions.template.limits import DEPTH_MAX, TOO_DEEP, TOO_MANY, VALUES_MAX, check_text
from talkroom.functions.template.values import Map, Plain, Value

# libyaml's parser when PyYAML has it: twenty times as fast, and the same events.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.1 without its y and n, as SnakeYAML and PyYAML have it. CloudFormation does so: ASFHyP3/hyp3#2061 shows tags.
_TRUE: Final = re.compile(r"yes|Yes|YES|true|True|TRUE|on|On|ON")
_FALSE: Final = re.compile(r"no|No|NO|false|False|FALSE|off|Off|OFF")
_NULL: Final = re.compile(r"~|null|Null|NULL|")

_STANDARD: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset(_STANDARD + name for name in ("bool", "float", "int", "map", "null", "seq", "timestamp"))
_TEXT_TAGS: Final = frozenset({"!", _STANDARD + "str"})
_MERGE: Final = "<<"


def read_yaml(text: str) -> Value:
    """The one document of a YAML text, or None when there is none. Raises TemplateUnusable."""
    try:
        return _Builder().build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise TemplateUnusable(f"The template is not YAML: {_locate(error.problem_mark)}: {error.problem}.") from error
    except yaml.reader.ReaderError as error:
        where = _locate_position(text, error.position)
        raise TemplateUnusable(f"The template is not YAML: {where}: {error.reason}.") from error


def _locate(mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> str:
    return "somewhere" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _locate_position(text: str, position: int) -> str:
    before = text[:position]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


class _Built(msgspec.Struct):
    """A value that is complete."""

    value: Value
    count: int = 1
    """Values in it, itself included."""
    height: int = 0
    """Lists and maps inside each other in it, itself included."""


class _Open(msgspec.Struct):
    """A list or a map whose end has not come."""

    value: "list[Value] | Map"
    tag: str | None
    anchor: str | None
    key: str | None = None
    """Of a map: the key that waits for its value."""
    is_merging: bool = False
    merged: list[Map] = msgspec.field(default_factory=list)
    count: int = 1
    height: int = 0


class _Builder:
    """Puts the events of one document together."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, _Built] = {}
        self._documents = 0
        self._count = 0
        self._root: Value = None

    def build(self, events: Iterator[yaml.Event]) -> Value:
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        raise _refuse(event, "a template is one document, and a second one begins")
                case yaml.ScalarEvent():
                    self._add_scalar(event)
                case yaml.AliasEvent():
                    self._add(self._find_anchor(event), event)
                case yaml.MappingStartEvent():
                    self._start({}, event)
                case yaml.SequenceStartEvent():
                    self._start([], event)
                case yaml.CollectionEndEvent():
                    self._end(event)
                case _:
                    pass
        return self._root

    def _add_scalar(self, event: yaml.ScalarEvent) -> None:
        check_text(event.value)
        holder = self._open[-1] if self._open else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None and not holder.is_merging:
            self._take_key(holder, holder.value, event)
            return
        self._add(self._keep(event.anchor, _Built(_tag(event.tag, _to_scalar(event), event))), event)

    def _take_key(self, holder: _Open, found: Map, event: yaml.ScalarEvent) -> None:
        if event.tag not in (None, *_TEXT_TAGS):
            raise _refuse(event, f"a key cannot be {quote(str(event.tag))}")
        key = event.value
        if key == _MERGE and not event.style:
            holder.is_merging = True
            return
        if key in found:
            raise _refuse(event, f"the key {quote(key)} is there twice")
        self._keep(event.anchor, _Built(key))
        holder.key = key

    def _start(self, value: "list[Value] | Map", event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= DEPTH_MAX:
            raise TemplateUnusable(TOO_DEEP)
        self._open.append(_Open(value, event.tag, event.anchor))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        value: Value = done.value
        if isinstance(value, dict):
            for source in done.merged:
                value = {**source, **value}
        built = _Built(_tag(done.tag, value, event), done.count, done.height + 1)
        self._add(self._keep(done.anchor, built), event)

    def _add(self, built: _Built, event: yaml.Event) -> None:
        """To the list or the map that is open, or as the document itself."""
        self._count += built.count if isinstance(event, yaml.AliasEvent) else 1
        if self._count > VALUES_MAX:
            raise TemplateUnusable(TOO_MANY)
        if len(self._open) + built.height > DEPTH_MAX:
            raise TemplateUnusable(TOO_DEEP)
        if not self._open:
            self._root = built.value
            return
        holder = self._open[-1]
        holder.count += built.count
        holder.height = max(holder.height, built.height)
        if isinstance(holder.value, list):
            holder.value.append(built.value)
        elif holder.is_merging:
            holder.is_merging = False
            holder.merged += _to_merged(built.value, event)
        elif holder.key is not None:
            holder.value[holder.key] = built.value
            holder.key = None
        else:
            raise _refuse(event, "a key must be text")

    def _keep(self, anchor: str | None, built: _Built) -> _Built:
        if anchor is not None:
            self._anchors[anchor] = built
        return built

    def _find_anchor(self, event: yaml.AliasEvent) -> _Built:
        name = event.anchor or ""
        if name not in self._anchors:
            raise _refuse(event, f"the alias {quote(name)} stands for nothing, or for what it is in")
        return self._anchors[name]


def _refuse(event: yaml.Event, reason: str) -> TemplateUnusable:
    return TemplateUnusable(f"The template is not usable: {_locate(event.start_mark)}: {reason}.")


def _to_scalar(event: yaml.ScalarEvent) -> str | None:
    """An unquoted scalar without a tag as CloudFormation takes it; anything else is the text that it is."""
    text: str = event.value
    if event.style or event.tag not in (None, *_KNOWN_TAGS):
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return Plain("true", text)
    return Plain("false", text) if _FALSE.fullmatch(text) else Plain(text)


def _tag(tag: str | None, value: Value, event: yaml.Event) -> Value:
    """`!Name value` is the function `Fn::Name`, known or not: that is asked when somebody needs what it answers."""
    if tag is None or tag in _KNOWN_TAGS or tag in _TEXT_TAGS:
        return value
    name = tag.removeprefix("!")
    if not tag.startswith("!") or not name:
        raise _refuse(event, f"the tag {quote(tag)} is none of CloudFormation's")
    if name in ("Ref", "Condition"):
        return {name: value}
    if name == "GetAtt" and isinstance(value, str):
        return {"Fn::GetAtt": list(value.split(".", 1))}
    return {f"Fn::{name}": value}


def _to_merged(value: Value, event: yaml.Event) -> list[Map]:
    """Of `<<`: the maps whose keys are added, the first first."""
    maps = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
    if not maps or (isinstance(value, list) and len(maps) != len(value)):
        raise _refuse(event, "<< must stand before an alias of a map, or a list of such")
    return maps
