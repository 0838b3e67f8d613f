/** What a simulated camera looks at: light as a function of time. */
export interface Scene {
  /** True label of everything it shows. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** µs; frames are taken at 0, frame, 2·frame … up to the duration. */
  readonly duration: number;
  /** Time between two looks at the scene, µs: short enough that nothing moves by more than about a pixel. */
  readonly frame: number;
  /** Writes the intensity (0 black … 1 white) of every pixel at time t (µs), row-major. */
  render(t: number, intensity: Float64Array): void;
}
