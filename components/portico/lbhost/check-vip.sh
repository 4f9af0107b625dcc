#!/bin/sh
# The way from the VIP outwards: check-vip VIP OWN_ADDRESS GATEWAY PORT.
# Who gives it up stays out while another answers at the VIP; of two, who took it last waits. Why: docs/lb-host.md.
vip=$1 own=$2 gateway=$3 port=$4
cd /run/portico || exit 0
exec >/dev/null 2>&1
read -r now _ </proc/uptime # a clock may jump
now=${now%.*}

held() { [ -n "$(ip -4 -o address show to "$vip/32")" ]; }
since() { [ -e "$1" ] && [ $((now - $(cat "$1"))) -lt "$2" ]; }
answers() { timeout 1 bash -c ": >/dev/tcp/$vip/$port"; }

if held; then
    [ -e took ] || echo "$now" >took
    ping -n -c 3 -i 0.2 -W 1 -I "$vip" "$gateway"
    silent=$?
    # Runs may overlap: is the VIP still here?
    if held; then
        [ $silent -eq 1 ] || exit 0 # 2: ping cannot say
        ping -n -c 1 -W 1 -I "$own" "$gateway" || exit 0
        since took 9 || since gave-up 60 && exit 0
        echo "$now" >gave-up
        exit 1
    fi
fi
rm -f took
since gave-up 60 && { answers || answers || answers; } && ! held && exit 1
exit 0
