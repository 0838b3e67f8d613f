import type { TimeUnit } from '../recording.js';

/** Type of one value of an array. */
export interface Scalar {
  /** Boolean, signed, unsigned, float; `other` for what is passed over. */
  readonly kind: 'b' | 'i' | 'u' | 'f' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly littleEndian: boolean;
  /** Of times with a unit (`datetime64`, `timedelta64`), else null. */
  readonly unit: TimeUnit | null;
  /** As numpy writes it, for messages. */
  readonly code: string;
}
