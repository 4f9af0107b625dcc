#!/bin/sh
# Tests the way from the VIP outwards: check-vip VIP OWN_ADDRESS GATEWAY. Run by keepalived every second.
#
# Fails only when this host holds the VIP and the gateway answers its own address but not the VIP: then the VIP has lost
# its way (its address pair is gone) and another host may do better. If the VIP is back within a minute, none does: keep it.
vip=$1 own=$2 gateway=$3 gave_up=/run/portico/gave-up

[ -n "$(ip -4 -o address show to "$vip/32")" ] || exit 0
ping -n -q -c 3 -i 0.2 -W 1 -I "$vip" "$gateway" >/dev/null 2>&1
[ $? -eq 1 ] || exit 0 # 0: answered; 2: the VIP has just left, or there is no ping
ping -n -q -c 1 -W 1 -I "$own" "$gateway" >/dev/null 2>&1 || exit 0
[ -z "$(find "$gave_up" -mmin -1 2>/dev/null)" ] || exit 0
: >"$gave_up"
exit 1
