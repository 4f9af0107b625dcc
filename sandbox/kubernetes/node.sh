#!/bin/bash
# A worker node: process 1 of mount, process and host name namespaces of its own; its network namespace was made before.
#
# It starts from an empty disk every time, as a machine that was installed anew, and ends when one of its three programs ends:
# whoever supervises it then starts it again. Reads the environment that node.py gives it; writes below NODE_FOLDER/disk only.
set -euo pipefail

disk=$NODE_FOLDER/disk
rm -rf "$disk"
mkdir -p "$disk"/{changes,work,root,log/pods,log/containers,lib/kubelet,lib/cni}

# Images are shared with the other nodes as hard links; what containerd writes to afterwards, its databases, is copied.
cp -al "$NODE_IMAGES" "$disk/lib/containerd" || cp -a "$NODE_IMAGES" "$disk/lib/containerd"
find "$disk/lib/containerd" -name '*.db' -exec sh -c 'cp "$1" "$1.own" && mv "$1.own" "$1"' sh {} \;

root=$disk/root
mount -t overlay -o "lowerdir=$NODE_TREE,upperdir=$disk/changes,workdir=$disk/work" overlay "$root"
mkdir -p "$root"/{proc,sys,dev,run,tmp,etc/kubernetes,var/lib,var/log,usr/local/bin,host}
echo 'root:x:0:0:root:/root:/bin/bash' > "$root/etc/passwd"
tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
# containerd cannot stack its overlays on an overlay, and kubelet asks which file system a folder is on
mount --bind "$disk/lib" "$root/var/lib"
mount --bind "$disk/log" "$root/var/log"
mount --bind -o ro "$NODE_FOLDER/etc" "$root/etc/kubernetes"
for program in kubelet kube-proxy; do
    touch "$root/usr/local/bin/$program"
    mount --bind -o ro "$NODE_HYPERKUBE" "$root/usr/local/bin/$program"
done

# kubelet sets these for the whole machine: the node gets copies of its own, which already hold what it wants
mkdir "$root/run/sysctl"
while read -r name value; do
    echo "$value" > "$root/run/sysctl/${name##*/}"
    mount --bind "$root/run/sysctl/${name##*/}" "$root/proc/sys/$name"
done <<'SYSCTLS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SYSCTLS

cd "$root"
pivot_root . host
hash -r # programs lie elsewhere from here on
umount --lazy /host
mount --make-rshared /
hostname "$NODE_NAME"

containerd --config /etc/kubernetes/containerd.toml &
for _ in {1..400}; do
    [ -S /run/containerd/containerd.sock ] && break
    sleep 0.05
done
kubelet --config=/etc/kubernetes/kubelet.json --kubeconfig=/etc/kubernetes/kubelet.kubeconfig \
    --hostname-override="$NODE_NAME" --node-ip="$NODE_ADDRESS" &
kube-proxy --config=/etc/kubernetes/kube-proxy.json &
wait -n
