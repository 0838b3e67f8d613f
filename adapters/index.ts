export * from './cameras/index.js';
export * from './files/index.js';
export * from './network/index.js';
