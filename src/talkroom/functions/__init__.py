"""Anyone's Lambda functions: read from a template, run as processes, spoken to through the Lambda Runtime API."""
