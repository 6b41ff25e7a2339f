"""The fixtures of this folder, for the harness's own tests."""

from tests.dynamodb.fixtures import dynamodb_local

__all__ = ["dynamodb_local"]
