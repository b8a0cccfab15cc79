"""What a user may do to a graph without ever getting a wrong gradient."""
