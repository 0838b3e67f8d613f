/**
 * N-MNIST, N-Caltech101: no header; five bytes an event, big-endian: x (8 bits), y (8), polarity (1), time in µs (23).
 * An event of y = 240 is none: it adds 2¹³ µs to the times of all events after it. Polarity as stored: 1 is ON.
 *
 * Source: G. Orchard et al., "Converting static image datasets to spiking neuromorphic datasets using saccades" (2015),
 * and the dataset's page; the rule for y = 240 from the authors' reader (`gorchard/event-Python`).
 */
export const NMNIST_EVENT_BYTES = 5;
export const NMNIST_OVERFLOW_Y = 240;
export const NMNIST_OVERFLOW_TIME: number = 2 ** 13;

/** The sensor behind the recordings (ATIS). */
export const ATIS_WIDTH = 304;
export const ATIS_HEIGHT = 240;

/** Side of an N-MNIST recording, pixels. */
export const NMNIST_SIDE = 34;
