#!/usr/bin/env bash
# Makes the numbers that tests compare with anew, by the other implementations that they came from, and lets other
# readers and writers of recordings show that they agree: everything must come out as it stands in test/data. PEERS names
# a venv to use or to make.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${PEERS:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv" || { apt-get update -qq && apt-get install -y -qq python3-venv && python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 mpmath==1.4.1 qiskit==2.6.2 qiskit-aer==0.18.2 \
    pennylane==0.45.1 safetensors==0.8.0 dv_processing==2.0.4 faery==0.7.1 aedat==2.3.0 tonic==1.7.0 expelliarmus==1.1.12 \
    event_stream==1.6.3 evlib==0.13.2 polars==2.1.0 lz4==4.4.5 zstandard==0.25.0 h5py==3.16.0 hdf5plugin==7.1.0 \
    rosbags==0.11.9 mcap==1.6.0 mcap-ros1-support==0.9.0 mcap-ros2-support==0.6.0 importRosbag==1.0.4 \
    aestream==0.6.4 prometheus_client==0.26.0 websockets==17.4 msgpack==1.2.4
fi
python=$(cd "$venv" && pwd)/bin/python
# What RxSpike writes comes from its build.
node scripts/setup.mjs

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

# Every family of formats: all of them are run, whatever the ones before gave.
disagree=()
for script in scripts/oracles/*_peers.py; do
  name=$(basename "$script")
  if "$python" "$script" check >"$work/said" 2>&1 && grep -q '^ok:' "$work/said"; then
    echo "ok: $name: $(grep -c '^ok:' "$work/said") agreements"
  else
    echo "NOT agreed: $name" >&2
    cat "$work/said" >&2
    disagree+=("$name")
  fi
done
[ ${#disagree[@]} -eq 0 ]
