#!/usr/bin/env bash
# Installs Debian's chromium where there is none, then runs the package in it.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v chromium >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
npm run --silent build
node scripts/browser/check.mjs
