"""The tests. They look at what a user can see: the wire, the result, the error."""
