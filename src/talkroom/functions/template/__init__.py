"""Reads a SAM or CloudFormation template: its text in, the values of `talkroom.functions.specs` out, and no input or output."""

from talkroom.functions.template.errors import TemplateUnusable
from talkroom.functions.template.stack import read_template

__all__ = ["TemplateUnusable", "read_template"]
