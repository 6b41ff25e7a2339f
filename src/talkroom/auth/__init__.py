"""Chat tokens: issue them, verify them, and answer API Gateway's authorizer with them."""
