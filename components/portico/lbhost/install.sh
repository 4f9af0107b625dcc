#!/bin/sh
# Installs what is missing, and nothing where the image has it; run before every start of portico-sync.
missing=
command -v haproxy >/dev/null || missing="$missing haproxy"
command -v keepalived >/dev/null || missing="$missing keepalived"
command -v ping >/dev/null || missing="$missing iputils-ping"
if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get -q update && apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install $missing; }; then
        echo "portico: cannot install$missing; next try in 15 s" >/dev/console
        sleep 15
        exit 1
    fi
fi
for unit in haproxy keepalived; do
    systemctl is-enabled -q $unit || systemctl enable -q $unit || exit 1
done
