"""What a function on AWS does through signed HTTPS: post to connections, and hand pages of a push to other functions."""
