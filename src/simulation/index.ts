export { movingBar, movingDisc, movingEdge } from './moving-shapes.js';
export type { MovingShape } from './moving-shapes.js';
export { pixelStep } from './pixels.js';
export type { LightFrame, PixelParams, PixelState, SimulatedPacket } from './pixels.js';
export { saccadeOffset, saccades } from './saccades.js';
export type { Picture, SaccadeParams } from './saccades.js';
export type { Scene } from './scene.js';
export { simulateCamera } from './simulate.js';
export type { SimulationParams } from './simulate.js';
