# Unpacks image archives (the arguments) into the containerd folder IMAGES, by a containerd of its own that ends with this script.
# Run by bash in a Debian tree that has containerd as its root, in mount and process namespaces of its own.
set -euo pipefail

mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
printf '%s' "$IMAGES_CONFIGURATION" > /run/containerd.toml
containerd --config /run/containerd.toml --root "$IMAGES" > /run/containerd.log 2>&1 &
for _ in {1..400}; do
    [ -S /run/containerd/containerd.sock ] && break
    sleep 0.05
done
for archive in "$@"; do
    ctr --namespace k8s.io images import --digests=false "$archive" || { cat /run/containerd.log; exit 1; }
done
kill -TERM $!
wait $!
