/**
 * Prophesee RAW: `% key value` lines, then words of one size, little-endian unless the header says otherwise.
 *
 * | | EVT2 | EVT2.1 | EVT3 | EVT4 |
 * | --- | --- | --- | --- | --- |
 * | word, bytes | 4 | 8 | 2 | 4 |
 * | type | bits 31–28 | 63–60 | 15–12 | 31–28 |
 * | time high, low bits | 28, 6 | 28, 6 | 12, 12 | 28, 6 |
 * | clock wraps after | 4 h 46 min | 4 h 46 min | 16.777 s | 4 h 46 min |
 *
 * DAT: such lines, two bytes (type, size) of a record, then records of eight bytes: time (u32, µs) and address.
 *
 * Sources: docs.prophesee.ai (RAW, DAT, EVT 2.0, 2.1, 3.0); `prophesee-ai/openeb` 5.1.1 (`hal/…/decoders/evt2`, `evt21`,
 * `evt3`, `evt4`, their validators and tests, `psee_raw_file_header.cpp`, `dat_tools.py`, `event_ext_trigger.h`).
 */
export type WordFormat = 'evt2' | 'evt2.1' | 'evt3' | 'evt4';

/** Bytes of a word. */
export const WORD_BYTES: Readonly<Record<WordFormat, number>> = { evt2: 4, 'evt2.1': 8, evt3: 2, evt4: 4 };

/** Bytes of a DAT record. */
export const DAT_RECORD_BYTES = 8;

/** Period of a clock of 34 bits (EVT2, EVT2.1, EVT4), µs. */
export const LOOP_34: number = 2 ** 34;
/** Period of the clock of EVT3, µs. */
export const LOOP_24: number = 2 ** 24;
/** Period of the clock of DAT, µs. */
export const LOOP_32: number = 2 ** 32;

/** Types of a word of EVT2 and EVT2.1. */
export const EVT2_TIME_HIGH = 0x8;
export const EVT2_TRIGGER = 0xa;
/** What words of other types are; those that are missing here are not known. */
export const EVT2_OTHERS: Readonly<Record<number, string>> = { 0xd: 'imu', 0xe: 'others', 0xf: 'continued' };

/** Types of a word of EVT3. */
export const EVT3_ADDR_Y = 0x0;
export const EVT3_ADDR_X = 0x2;
export const EVT3_VECT_BASE_X = 0x3;
export const EVT3_VECT_12 = 0x4;
export const EVT3_VECT_8 = 0x5;
export const EVT3_TIME_LOW = 0x6;
export const EVT3_CONTINUED_4 = 0x7;
export const EVT3_TIME_HIGH = 0x8;
export const EVT3_TRIGGER = 0xa;
export const EVT3_IMU = 0xd;
export const EVT3_OTHERS = 0xe;
export const EVT3_CONTINUED_12 = 0xf;

/** Types of a word of EVT4. */
export const EVT4_OTHERS = 0x6;
export const EVT4_CONTINUED = 0x7;
export const EVT4_TRIGGER = 0x9;
export const EVT4_OFF = 0xa;
export const EVT4_ON = 0xb;
export const EVT4_VECTOR_OFF = 0xc;
export const EVT4_VECTOR_ON = 0xd;
export const EVT4_TIME_HIGH = 0xe;

/** Columns that can be told apart by 11 bits. */
export const ADDRESSES = 2048;
