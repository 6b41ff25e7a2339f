"""Signed calls to AWS services: over one shared HTTP session, signed by botocore, with nothing else of an SDK."""
