#!/bin/sh
# Lays out rootfs/, all that the image holds: the executable and the libraries of this machine that it is linked to. The
# image begins with nothing, so no base image is fetched.
set -eu
cd "$(dirname "$0")"
target="${1:-linux-x64}"
executable="../bin/$target/minio-ts"
rm -rf rootfs
mkdir -p rootfs/data rootfs/certs rootfs/tmp rootfs/run/secrets
chmod 1777 rootfs/tmp
cp "$executable" rootfs/minio-ts
ldd "$executable" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  mkdir -p "rootfs$(dirname "$library")"
  cp -L "$library" "rootfs$library"
done
echo "rootfs/ is ready. Now: docker build -t minio-ts ."
