"""How a check ends when it does not pass.

ConformanceError
├── Departure   the target did something else than API Gateway does
├── NotRun      the run was not given what the check needs
└── Unusable    the suite cannot run at all: a URL or a file that cannot be used
"""


class ConformanceError(Exception):
    """The root of the tree. Its text is a sentence for the report."""


class Departure(ConformanceError):
    """What was seen instead of what API Gateway does."""


class NotRun(ConformanceError):
    """Why a check could not be run, and what to give so that it can."""


class Unusable(ConformanceError):
    """An option of the run cannot be used."""
