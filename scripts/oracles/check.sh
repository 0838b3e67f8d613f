#!/usr/bin/env bash
# Makes the numbers that tests compare with anew, by the other implementations that they came from, and lets other
# readers open the files: everything must come out as it stands in test/data. PEERS names a venv to use or to make.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${PEERS:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv" || { apt-get update -qq && apt-get install -y -qq python3-venv && python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 mpmath==1.4.1 qiskit==2.6.2 qiskit-aer==0.18.2 \
    pennylane==0.45.1 dv_processing==2.0.4 faery==0.7.1 aedat==2.3.0 tonic==1.7.0 safetensors==0.8.0
fi
python=$venv/bin/python

mkdir "$work/quantum"
"$python" scripts/oracles/circuits.py "$work/quantum"
"$python" scripts/oracles/elementary.py "$work/quantum/elementary.json"
for file in test/data/quantum/*.json; do
  cmp "$file" "$work/quantum/$(basename "$file")"
  echo "ok: $(basename "$file") comes out the same, byte for byte"
done

"$python" scripts/oracles/compare_aedat_readers.py test/data/files >"$work/readers" 2>/dev/null
for file in none lz4 lz4-high zstd zstd-high; do
  for reader in dv_processing faery aedat tonic; do
    if ! grep -Eq "^$file\.aedat4 +$reader +same" "$work/readers"; then
      echo "NOT the same events: $file.aedat4 by $reader" >&2
      grep "^$file.aedat4 " "$work/readers" >&2
      exit 1
    fi
  done
  echo "ok: $file.aedat4 holds the same events for dv_processing, faery, aedat and tonic"
done

"$python" scripts/oracles/safetensors_peer.py read assets/models/nmnist.safetensors
