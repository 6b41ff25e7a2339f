"""What the text of a template may be at most."""

from typing import Final

from talkroom.functions.template.errors import TemplateUnusable

TEMPLATE_BYTES_MAX: Final = 1024 * 1024
"""Size of a template in UTF-8: CloudFormation's own limit for one in S3."""

DEPTH_MAX: Final = 100
"""Lists and maps inside each other, aliases included."""

VALUES_MAX: Final = 200_000
"""Scalars, lists and maps of a template; an alias counts as all that it stands for."""

RESOLVED_CHARACTERS_MAX: Final = 16 * 1024 * 1024
"""Text that the functions of a template may make, all together: a few lines can join and repeat text without end."""

RESOLVED_VALUES_MAX: Final = 1_000_000
"""Values that are looked at to resolve the functions of a template, all together."""

TOO_DEEP: Final = f"The template is nested too deeply: {DEPTH_MAX} lists and maps inside each other are the limit."
TOO_MANY: Final = (
    f"The template holds too much: {VALUES_MAX} values are the limit, and an alias counts as all it stands for."
)


def check_size(text: str) -> None:
    """Raises TemplateUnusable for a template that is too large, or no text."""
    check_text(text)
    if len(text) > TEMPLATE_BYTES_MAX or len(text.encode()) > TEMPLATE_BYTES_MAX:
        raise TemplateUnusable(
            f"The template is larger than {TEMPLATE_BYTES_MAX} bytes, which CloudFormation does not take either."
        )


def check_text(text: str) -> None:
    """Raises TemplateUnusable for text that no UTF-8 file holds; JSON's escapes can make such text."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TemplateUnusable("The template holds a lone surrogate, which is no character.") from error
