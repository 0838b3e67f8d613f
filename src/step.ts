/**
 * The shape of everything stateful: frozen parameters, a state that is plain data, and a pure step between them.
 *
 * `State` must be *plain data* (numbers, booleans, strings, null, typed arrays, and arrays and records of them): that
 * is what makes save and restore one generic function ({@link saveState}) instead of one a step. The step changes the
 * state in place and hands out packets through `emit`; it keeps no reference to `input` after it returns, unless it
 * copied. The re-slicing law binds every step: cutting the input at other places changes packet boundaries of the
 * output at most, never its content.
 */
export interface Step<Params, State, In, Out> {
  /** Name in errors and in saved states: unique, stable. */
  readonly name: string;
  /** Version of the state's form; raised when an old saved state can no longer be read. */
  readonly version: number;
  /** State before the first packet. Throws `ERR_ARGUMENT` (or another code) when `params` are wrong. */
  init(params: Params): State;
  /** Throws `ERR_STATE` when a restored state does not fit `params` (sizes of arrays, for example). */
  check?(params: Params, state: State): void;
  /** Takes one packet, advances the state, emits zero or more results. */
  advance(params: Params, state: State, input: In, emit: Emit<Out>): void;
  /** Called once when the stream completes normally: emits what is still held back. */
  finish?(params: Params, state: State, emit: Emit<Out>): void;
}

export type Emit<Out> = (output: Out) => void;
