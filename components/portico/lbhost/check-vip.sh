#!/bin/sh
# The way from the VIP outwards: check-vip VIP OWN_ADDRESS GATEWAY PORT.
# Who gives it up stays out while another answers at the VIP. Why: docs/lb-host.md.
vip=$1 own=$2 gateway=$3 port=$4 gave_up=/run/portico/gave-up
exec >/dev/null 2>&1

held() { [ -n "$(ip -4 -o address show to "$vip/32")" ]; }
lately() { [ -n "$(find "$gave_up" -mmin -1)" ]; }

if held; then
    ping -n -c 3 -i 0.2 -W 1 -I "$vip" "$gateway"
    silent=$?
    # Runs may overlap: is the VIP still here?
    if held; then
        [ $silent -eq 1 ] || exit 0 # 2: ping cannot say
        ping -n -c 1 -W 1 -I "$own" "$gateway" || exit 0
        lately && exit 0
        : >"$gave_up"
        exit 1
    fi
fi
lately && timeout 2 bash -c ": >/dev/tcp/$vip/$port" && ! held && exit 1
exit 0
