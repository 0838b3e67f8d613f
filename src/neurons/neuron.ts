/**
 * One shape, three neurons: a layer of SQS, QLIF or LIF neurons as Params / State / advance. A layer neither knows the
 * graph nor sums currents: it gets the currents of a neuron and answers with its spikes.
 *
 * Neurons are numbered 0…count−1, lines 0…lines−1; `unit = neuron · lines + line`. A neuron takes `currents` numbers:
 * one a line, except for the two-weight QLIF, which has one line and takes two (first and second weighted sum).
 */
export interface NeuronLayer<Params, State> {
  readonly kind: 'sqs' | 'qlif' | 'lif';
  /** Output lines of each neuron. */
  linesPerNeuron(params: Params): number;
  /** Entries of `z` that each neuron takes. */
  currentsPerNeuron(params: Params): number;
  /** State before the first input, plain data. Throws `ERR_NETWORK` when `params` are inconsistent. */
  init(params: Params): State;
  /** Throws `ERR_STATE` when a restored state does not fit `params`. */
  check(params: Params, state: State): void;
  /**
   * Advances neuron `neuron` by one step and returns its spikes as a bit field (bit n = line n).
   *
   * @param z currents of the layer (length count · currents), bias included, this neuron's filled in
   * @param u uniform in [0, 1): the one random number of this neuron and step; models without chance ignore it
   * @param seconds time since this neuron last advanced, 0 at the first advance after a reset
   * @param p firing probability of each line of the layer (length count · lines); this neuron's entries are written
   */
  advance(
    params: Params,
    state: State,
    neuron: number,
    z: Float64Array,
    u: number,
    seconds: number,
    p: Float64Array,
  ): number;
}
