/** First and last bytes of an MCAP file (https://mcap.dev/spec). */
export const MCAP_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/** A record begins with its kind, one byte, and its length, eight. */
export const MCAP_RECORD_HEADER_BYTES = 9;

/** Kinds of records. */
export const MCAP_OP: {
  readonly header: 1;
  readonly footer: 2;
  readonly schema: 3;
  readonly channel: 4;
  readonly message: 5;
  readonly chunk: 6;
  readonly messageIndex: 7;
  readonly chunkIndex: 8;
  readonly statistics: 11;
  readonly metadata: 12;
  readonly metadataIndex: 13;
  readonly summaryOffset: 14;
  readonly dataEnd: 15;
} = {
  header: 1,
  footer: 2,
  schema: 3,
  channel: 4,
  message: 5,
  chunk: 6,
  messageIndex: 7,
  chunkIndex: 8,
  statistics: 11,
  metadata: 12,
  metadataIndex: 13,
  summaryOffset: 14,
  dataEnd: 15,
};

/** Bytes before a message's content: channel, sequence, and two times. */
export const MCAP_MESSAGE_BYTES = 22;

/** Name of the metadata record that says what ROS has no words for: orientation and epoch. */
export const MCAP_NOTES = 'rxspike';
