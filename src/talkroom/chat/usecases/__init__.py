"""One verb of the application a file."""
