import { Observable, type ObservableInput, from, takeWhile } from 'rxjs';

/** Several streams becoming one: packets go in, and whatever is ready comes out. */
export interface Combiner<In, Out> {
  take(index: number, packet: In): void;
  complete(index: number): void;
  drain(emit: (packet: Out) => void): void;
}

/** The shell of operators over several sources; `make` gives each subscriber a state of its own. */
export function combine<In, Out>(
  sources: readonly ObservableInput<In>[],
  make: () => Combiner<In, Out>,
): Observable<Out> {
  return new Observable((subscriber) => {
    const combiner = make();
    let running = sources.length;
    let draining = false;
    let failure: { readonly error: unknown } | null = null;
    const pending: Out[] = [];
    const emit = (packet: Out): void => void pending.push(packet);

    const step = (change: () => void): void => {
      if (failure || subscriber.closed) return;
      try {
        change();
        combiner.drain(emit);
      } catch (error) {
        failure = { error };
      }
      // A source that emits from inside a consumer's handler adds to what the outer call hands out.
      if (draining) return;
      draining = true;
      for (let out = pending.shift(); out !== undefined; out = pending.shift()) subscriber.next(out);
      draining = false;
      if (failure) subscriber.error(failure.error);
      else if (running === 0) subscriber.complete();
    };

    sources.forEach((source, index) => {
      // A source that emits while it is being subscribed to can only be stopped from inside.
      const open = from(source).pipe(takeWhile(() => !subscriber.closed));
      subscriber.add(
        open.subscribe({
          next: (packet) => step(() => combiner.take(index, packet)),
          error: (error: unknown) =>
            step(() => {
              failure = { error };
            }),
          complete: () =>
            step(() => {
              running--;
              combiner.complete(index);
            }),
        }),
      );
    });
  });
}
