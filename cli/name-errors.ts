import { type EventPacket, RxSpikeError } from '../src/index.js';

/** An error of the recording called `name` that says so; one that says so already is left as it is. */
export function namedError(name: string, error: unknown): unknown {
  if (!(error instanceof RxSpikeError) || error.message.startsWith(name)) return error;
  const { code, details } = error;
  return new RxSpikeError(code, `${name}: ${error.message}`, { details, cause: error });
}

/** What `open` resolves to, its errors named. */
export async function openNamed<T>(name: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw namedError(name, error);
  }
}

/** The packets of `events`, errors named. */
export async function* eventsNamed(name: string, events: AsyncIterable<EventPacket>): AsyncGenerator<EventPacket> {
  try {
    yield* events;
  } catch (error) {
    throw namedError(name, error);
  }
}
