"""Tests with nginx, HAProxy and tinyproxy between the client and the server; `.ci/servers.sh` installs them."""
