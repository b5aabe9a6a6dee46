#!/usr/bin/env bash
# Installs what test/servers needs, on Debian and its kin. Where Debian starts them as services, the tests do not care:
# they run processes of their own, on other ports.
set -euo pipefail

servers=(nginx haproxy tinyproxy-bin)
as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}")

echo "== apt-get install ${servers[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -q -y --no-install-recommends "${servers[@]}"
