"""Ids that tests can foresee."""


class SequentialIds:
    """Gives `m1`, `m2`, `m3` … one at each call."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._given = 0

    def __call__(self) -> str:
        """The next one."""
        self._given += 1
        return f"{self._prefix}{self._given}"
