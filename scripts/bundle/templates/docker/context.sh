#!/bin/sh
# Lays out all that the image holds: in rootfs/ the executable and the libraries of this machine that it is linked to, in
# owned/ what belongs to its user. The image begins with nothing, so no base image is fetched.
set -eu
cd "$(dirname "$0")"
case "$(uname -m)" in
  aarch64) own=linux-arm64 ;;
  *) own=linux-x64 ;;
esac
target="${1:-$own}"
executable="../bin/$target/minio-ts"
rm -rf rootfs owned
mkdir -p owned/data rootfs/certs rootfs/tmp rootfs/run/secrets
chmod 1777 rootfs/tmp
cp "$executable" rootfs/minio-ts
ldd "$executable" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  mkdir -p "rootfs$(dirname "$library")"
  cp -L "$library" "rootfs$library"
done
echo "rootfs/ and owned/ are ready. Now: docker build -t minio-ts ."
