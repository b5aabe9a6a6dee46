"""REST calls as records that write requests and read responses."""
