import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithData } from '../../shared-data.js';
import { WRITTEN, held, write } from './prophesee-files.js';

interface Truth {
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
}

describeWithData('recordings of Prophesee cameras', ['recordings'], (folder) => {
  const truth = (JSON.parse(readFileSync(`${folder}/truth.json`, 'utf8')) as { recordings: Record<string, Truth> })
    .recordings;
  it.each(['prophesee-evt2.raw', 'prophesee-evt3.raw', 'ncars.dat'])(
    '%s gives the events that other readers give, and keeps them in every format of the family',
    async (name) => {
      const { events, on, t0, t1, digest } = truth[name];
      const found = await held(new Uint8Array(readFileSync(`${folder}/${name}`)), { name });
      expect(found.digest).toBe(digest);
      expect(found.report).toEqual({ events, on, off: events - on, t0, t1, side: {}, violations: {} });
      // None of these headers gives a size.
      expect([found.info.width, found.info.height]).toEqual([null, null]);
      const some = name === 'ncars.dat' ? WRITTEN : (['evt3'] as const);
      for (const format of some) {
        const again = await held(await write(format, found.events, { info: found.info }));
        expect([again.format, again.digest, again.report.violations]).toEqual([format, digest, {}]);
      }
    },
    30_000,
  );
});
