"""Rules and values of the chat. Pure: no clock, no randomness, nothing that waits."""
