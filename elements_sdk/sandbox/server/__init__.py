"""The sandbox's server: a Django project that runs in a child process of its own."""
