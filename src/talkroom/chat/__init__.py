"""The application: rooms, messages, members. It knows Lambda's contract and has never heard of sockets or databases."""
