export * from './bundled.node.js';
export * from './cameras/index.js';
export * from './files/index.node.js';
export * from './network/index.node.js';
