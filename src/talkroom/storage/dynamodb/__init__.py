"""Adapters that keep things in DynamoDB, for the functions on AWS. schema.py says how, docs/topics/dynamodb.md what it costs."""
