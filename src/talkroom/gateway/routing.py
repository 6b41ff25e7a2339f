"""Which route takes a message."""

from collections.abc import Mapping

from talkroom.contract.routes import DEFAULT, RESERVED, compile_selector
from talkroom.gateway.api import Route


class Routing:
    """The routes of one API, by the value of its route selection expression.

    Raises InvalidExpression for an expression that API Gateway would not accept.
    """

    def __init__(self, routes: Mapping[str, Route], expression: str) -> None:
        self._select = compile_selector(expression)
        self._custom = {key: route for key, route in routes.items() if key not in RESERVED}
        self._default = routes.get(DEFAULT)

    def find(self, text: str) -> tuple[str, Route] | None:
        """The matching key and its route: the selected one, else `$default`, else none.

        A client that names a reserved key selects nothing: `$connect` and `$disconnect` belong to the gateway.
        """
        key = self._select(text)
        route = self._custom.get(key)
        if route is not None:
            return key, route
        return (DEFAULT, self._default) if self._default is not None else None
