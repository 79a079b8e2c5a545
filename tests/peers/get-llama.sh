#!/usr/bin/env bash
# Unpacks the real llama.cpp programs from Debian unstable into a folder, without root: the peers that tests compare with.
# Usage: get-llama.sh FOLDER; afterwards FOLDER/bin/llama-quantize and its sisters run. About 52 MB.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
[ -x "$folder/bin/llama-quantize" ] && exit 0

mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ' || true)
[ -n "$mirror" ] || { echo "get-llama: apt knows no Debian mirror" >&2; exit 2; }

apt="$folder/apt"
mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/lists/partial" "$apt/cache/archives/partial" "$folder/debs" "$folder/root" "$folder/bin"
: >"$apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$apt/etc/sources.list"
cat >"$apt/apt.conf" <<CONF
Dir::Etc "$apt/etc"; Dir::State "$apt"; Dir::State::Lists "$apt/lists"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
APT::Architecture "amd64"; APT::Architectures { "amd64"; }; Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; APT::Sandbox::User "";
CONF
export APT_CONFIG="$apt/apt.conf"
apt-get -qq update
(cd "$folder/debs" && apt-get -qq download llama.cpp-tools llama.cpp-tools-extra libllama0 libggml0 libc6 libstdc++6 libgcc-s1 libgomp1 libssl3t64 zlib1g libzstd1)
for package in "$folder"/debs/*.deb; do dpkg-deb -x "$package" "$folder/root"; done

libraries="$folder/root/usr/lib/x86_64-linux-gnu"
(cd "$libraries" && for backend in ggml/backends0/*.so; do ln -sf "$backend" .; done)
# The programs need the C library they came with, so each gets a wrapper that starts that library's loader.
for program in "$folder"/root/usr/bin/llama-*; do
    wrapper="$folder/bin/$(basename "$program")"
    printf '#!/bin/sh\nexec "%s" --library-path "%s:%s" "%s" "$@"\n' "$libraries/ld-linux-x86-64.so.2" "$libraries" "$libraries/llama" "$program" >"$wrapper"
    chmod +x "$wrapper"
done
rm -rf "$apt" "$folder/debs"
