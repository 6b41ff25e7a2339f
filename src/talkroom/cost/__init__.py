"""What the chat costs on AWS: units of each use case times list prices. Pure; docs/topics/cost.md explains the result."""
