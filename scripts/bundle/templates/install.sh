#!/bin/sh
# Installs minio-ts from this directory, without network: the executable, a user of that name, a systemd unit and its
# environment file. An environment file that is there stays. DESTDIR=/elsewhere installs below that directory, without
# the user.
set -eu
cd "$(dirname "$0")"
root="${DESTDIR:-}"

sha256sum -c --quiet SHA256SUMS

case "$(uname -m)" in
  x86_64) target=linux-x64 ;;
  aarch64) target=linux-arm64 ;;
  *) echo "There is no executable for $(uname -m)." >&2; exit 1 ;;
esac
# A system of glibc may have musl's loader as well, so the shell tells what the system is made with.
! grep -q /ld-musl- /bin/sh || target="$target-musl"
if [ ! -e "bin/$target/minio-ts" ]; then
  echo "This bundle holds no executable for $target, only for: $(ls bin | tr '\n' ' ')" >&2
  exit 1
fi

put() {
  mkdir -p "$root$(dirname "$3")"
  # The new file takes the name at once, also while a server runs from the old one.
  cp "$2" "$root$3.new" && chmod "$1" "$root$3.new" && mv -f "$root$3.new" "$root$3"
}
put 755 "bin/$target/minio-ts" /usr/local/bin/minio-ts
put 644 systemd/minio-ts.service /etc/systemd/system/minio-ts.service
[ -e "$root/etc/minio-ts/minio-ts.env" ] || put 600 systemd/minio-ts.env /etc/minio-ts/minio-ts.env
for file in README.md LICENSE THIRD-PARTY-LICENSES.txt sbom.cdx.json; do
  put 644 "$file" "/usr/local/share/doc/minio-ts/$file"
done

if [ -z "$root" ] && ! id minio-ts >/dev/null 2>&1; then
  useradd --system --user-group --no-create-home --home-dir /var/lib/minio-ts --shell /usr/sbin/nologin minio-ts
fi

echo "minio-ts is installed. Set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD in $root/etc/minio-ts/minio-ts.env, then:"
echo "  systemctl daemon-reload && systemctl enable --now minio-ts"
echo "After an upgrade: systemctl daemon-reload && systemctl restart minio-ts"
