export * from './files/index.node.js';
