import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventDigest, openRecording, type Recording, type SideItem } from '../../../adapters/files/index.node.js';
import { projectRoot } from '../../shared-data.js';

interface Expected {
  readonly topic: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly epoch: 'unix' | null;
  readonly side: Record<string, number>;
  readonly violations?: Record<string, number>;
  readonly events: number;
  readonly on: number;
  /** µs */
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
  /** Sum of the nanoseconds beyond whole µs. */
  readonly nanoseconds: number;
}

interface ExpectedTriggers {
  readonly triggers: readonly (readonly [ns: number, id: number, edge: string])[];
}

const folder = projectRoot('test', 'data', 'files');
const { 'packets.mcap': packets, ...files } = JSON.parse(readFileSync(`${folder}/ros.json`, 'utf8')) as Record<
  string,
  Expected
> & { 'packets.mcap': Record<string, Expected> & { '/triggers': ExpectedTriggers } };
const { '/triggers': triggers, ...encodings } = packets;

/** Reads all events and holds them against what their writer says. */
async function compare(recording: Recording, expected: Expected): Promise<void> {
  const { topic: _, width, height, epoch, events, on, t0, t1 } = expected;
  expect(recording.info).toMatchObject({ width, height, epoch });
  const digest = eventDigest();
  let nanoseconds = 0;
  for await (const packet of recording.events()) {
    digest.add(packet);
    for (const t of packet.t.subarray(0, packet.length)) nanoseconds += Math.round((t - Math.floor(t)) * 1000);
  }
  const { report } = recording;
  expect(report).toMatchObject({ events, on, off: events - on, t0, t1 });
  expect([digest.hex(), nanoseconds]).toEqual([expected.digest, expected.nanoseconds]);
  expect({ ...report.side, others: 0, continued: 0, triggers: 0 }).toEqual({
    ...expected.side,
    others: 0,
    continued: 0,
    triggers: 0,
  });
}

describe('files of rosbags and mcap', () => {
  it.each(Object.entries(files))('%s', async (name, expected) => {
    const recording = await openRecording(`${folder}/${name}`);
    expect(recording.format).toBe(name.endsWith('.bag') ? 'rosbag' : 'mcap');
    expect(recording.facts.sniffed).toContain(` on ${expected.topic}`);
    await compare(recording, expected);
    // Half way each of them steps back once.
    expect(recording.report.violations).toEqual({ timeStepBack: 1 });
  });

  it.each(Object.entries(encodings))('packets.mcap, topic %s', async (topic, expected) => {
    const recording = await openRecording(`${folder}/packets.mcap`, { topic });
    expect(recording.facts.sniffed).toContain(`event_camera_msgs/EventPacket on ${topic}, encoding ${topic.slice(1)}`);
    await compare(recording, expected);
    expect(recording.report.violations).toEqual(expected.violations);
  });

  it('packets.mcap: the first topic with events is read where none is asked for', async () => {
    const recording = await openRecording(`${folder}/packets.mcap`);
    expect(recording.facts.sniffed).toContain('EventPacket on /mono, encoding mono');
    await compare(recording, encodings['/mono']);
  });

  it('packets.mcap: triggers come as a side stream', async () => {
    const recording = await openRecording(`${folder}/packets.mcap`, { topic: '/triggers' });
    expect(recording.info.side).toContain('triggers');
    const items: SideItem[] = [];
    for await (const item of recording.side('triggers')) items.push(item);
    expect(items).toEqual(triggers.triggers.map(([ns, id, edge]) => ({ kind: 'trigger', t: ns / 1000, id, edge })));
    for await (const packet of recording.events()) expect(packet.length).toBe(0);
    expect(recording.report.side.triggers).toBe(triggers.triggers.length);
  });
});
