/**
 * AEDAT 1.0: nothing, or `#` lines that begin with `#!AER-DAT1.0`, then six bytes a word, big-endian: address (u16) and
 * time (i32, µs, wraps). The address is that of the DVS128 and its forerunner Tmpdiff128: bit 15 an external input, y in
 * bits 14–8 (from the lower left corner), x in bits 7–1, polarity in bit 0, **0 is ON**.
 *
 * Sources: iniVation's page on AEDAT 1.0; jAER's `AEFileInputStream` and `DVS128`, which turns x round when it reads and
 * takes 0 for ON, where iniVation's page says that 1 is; it wrote the files, so it is followed.
 */
export const AEDAT1_WORD_BYTES = 6;

/** Pixels of a side of the sensor. */
export const AEDAT1_SIDE = 128;
