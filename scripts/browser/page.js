// What a web page does with RxSpike: the same recording, model and pipeline as in Node, from a Blob; then the same
// recording from a server over the browser's own WebSocket.
import { decodeModel } from 'rxspike';
import { openRecording, openStream } from 'rxspike/adapters';
import { decide, fromPackets, preprocess, sqsNetwork, steps, toUnits } from 'rxspike/streams';

function decisions(model, recording) {
  return new Promise((resolve, reject) => {
    const list = [];
    fromPackets(recording.events())
      .pipe(
        preprocess(model.preprocessing),
        toUnits(model.units),
        steps(model.steps),
        sqsNetwork(model.network, { seed: 1, firing: true }),
        decide(model.readout),
      )
      .subscribe({
        next: ({ label, confidence, counts }) => list.push([label, confidence, [...counts]]),
        error: reject,
        complete: () => resolve(list),
      });
  });
}

globalThis.classify = async ({ model, file, stream }) => {
  const decoded = decodeModel(new Uint8Array(await (await fetch(model)).arrayBuffer()));
  const blob = await (await fetch(file)).blob();
  const fromBlob = await decisions(decoded, await openRecording(blob, { name: file }));
  const fromSocket = await decisions(decoded, await openStream(stream));
  return { fromBlob, fromSocket };
};
