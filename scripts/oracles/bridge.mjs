// One end of a bridge, for bridges_peers.py.
//
//     node bridge.mjs receive udp://…|dv://…      prints where it listens (udp), then what came as a line of JSON
//     node bridge.mjs send FILE udp://…|dv://…    prints where it listens (dv), then what went as a line of JSON
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dist = process.env['RXSPIKE_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));
const { dvSink, eventDigest, openDvStream, openRecording, openUdp, udpSink } = await import(
  `${dist}/adapters/index.node.js`
);
const [what, ...rest] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const options = JSON.parse(process.env['BRIDGE_OPTIONS'] ?? '{}');
if (options.tls) {
  for (const name of ['ca', 'cert', 'key']) options.tls[name] &&= readFileSync(options.tls[name]);
}

const isUdp = (url) => url.startsWith('udp:');

if (what === 'receive') {
  const [url] = rest;
  const stream = isUdp(url) ? await openUdp(url, { ...options, onListening: say }) : await openDvStream(url, options);
  // Without times of the device only places and polarities can be compared.
  const timeless = stream.times === 'arrival';
  const digest = eventDigest();
  let mark = null;
  let error = null;
  try {
    for await (const packet of stream.events()) {
      digest.add(timeless ? { ...packet, t: new Float64Array(packet.length) } : packet);
      mark = packet.mark ?? mark;
    }
  } catch (failure) {
    error = failure.code;
  }
  const { report, times = 'device', counts = null, info } = stream;
  say(JSON.stringify({ digest: digest.hex(), times, counts, report, info, mark, error }));
} else {
  const [file, url] = rest;
  const recording = await openRecording(file);
  const sink = isUdp(url) ? udpSink(url, options) : await dvSink(url, options);
  if (!isUdp(url)) say(sink.url);
  for await (const packet of recording.events()) await sink(packet);
  await sink.end();
  say(JSON.stringify(sink.counts));
}
