#!/bin/sh
# Turns a Debian root file system into the image of the sandbox's servers: image.sh ROOT
set -eu
root=$1

# Identities are made by each server when it first boots.
rm -f "$root"/etc/ssh/ssh_host_* "$root"/var/lib/dbus/machine-id "$root"/etc/resolv.conf
: > "$root"/etc/machine-id

# As in a stock image, nothing serves before somebody configures it, and nothing happens by the clock.
chroot "$root" systemctl --quiet disable haproxy keepalived apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer

# A server is no machine of its own: its kernel, devices and clock are the host's.
chroot "$root" systemctl --quiet mask \
  systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
  systemd-timesyncd.service e2scrub_reap.service
chroot "$root" systemctl --quiet enable systemd-networkd

# What a builder of cloud images would bake in.
cat > "$root"/etc/cloud/cloud.cfg.d/95-image.cfg << END
locale: C.UTF-8
datasource_list: [ConfigDrive, OpenStack, None]
system_info: {network: {renderers: [networkd]}}
END
