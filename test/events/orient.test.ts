import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orientStep, streamInfo } from '../../src/index.js';
import { events, listBy, listOf, packet, run, SMALL } from './camera.js';

const TURNED = streamInfo({ ...SMALL, yUp: true, mirroredX: true });

describe('orient', () => {
  it('turns what lies otherwise, and twice is not at all', () => {
    fc.assert(
      fc.property(events, fc.boolean(), fc.boolean(), (list, yUp, mirroredX) => {
        const upright = list.map((e) => ({ ...e, x: mirroredX ? e.x : 6 - e.x, y: yUp ? e.y : 4 - e.y }));
        const { out } = run(orientStep, { yUp, mirroredX }, [packet(list, TURNED)]);
        expect(listOf(out)).toEqual(upright);
        expect(out[0].stream).toEqual({ ...TURNED, yUp, mirroredX });
        const { out: back } = run(orientStep, { yUp: true, mirroredX: true }, out);
        expect(listOf(back)).toEqual(list);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('hands on what lies right as it is, size or not', () => {
    const given = packet([{ t: 1, x: 2, y: 3, p: 1 }], streamInfo());
    expect(run(orientStep, {}, [given]).out[0]).toBe(given);
  });

  it('needs the size of a side that is turned, and events inside of it', () => {
    const unknown = streamInfo({ yUp: true, width: 7 });
    expect(run(orientStep, {}, [packet([], unknown)]).error).toMatchObject({ code: 'ERR_GEOMETRY' });
    const list = [
      { t: 1, x: 2, y: 3, p: 1 },
      { t: 2, x: 2, y: 5, p: 1 },
    ];
    const { out, error } = run(orientStep, {}, [packet(list, TURNED)]);
    expect(error).toMatchObject({ code: 'ERR_GEOMETRY', details: { x: 2, y: 5 } });
    expect(listOf(out)).toEqual([{ t: 1, x: 4, y: 1, p: 1 }]);
  });

  it('turns only what is asked for', () => {
    const list = [{ t: 1, x: 2, y: 1, p: 0 }];
    expect(listBy(orientStep, { mirroredX: true }, list, TURNED)).toEqual([{ t: 1, x: 2, y: 3, p: 0 }]);
  });
});
