export type { TimeSource, UdpFormat } from './datagram.js';
export { type DvSink, type DvSinkCounts, type DvSinkOptions, dvSink } from './dv-sink.node.js';
export { type DvOptions, type DvStream, openDvStream } from './dv-stream.node.js';
export { type DvServable, type DvServeOptions, type DvServer, serveDvStream } from './serve-dv-stream.node.js';
export { type UdpSink, type UdpSinkOptions, udpSink } from './udp-sink.node.js';
export { type UdpCounts, type UdpOptions, type UdpSource, openUdp } from './udp-source.node.js';
