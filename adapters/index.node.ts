export * from './files/index.node.js';
export * from './network/index.node.js';
