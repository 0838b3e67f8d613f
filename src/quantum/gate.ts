/**
 * A gate as data: a 2×2 unitary U on `target`, where the qubit `control` (if any) is |1⟩.
 *
 *     RX(a) = exp(−i·a·X/2)    RY(a) = exp(−i·a·Y/2)    RZ(a) = exp(−i·a·Z/2)
 *     CRX, CRY, CRZ, CNOT (X), CZ: the same under a control;  H, X, Z: without angle
 */
export interface Gate {
  readonly gate: GateName;
  readonly target: number;
  /** Of the controlled gates only. */
  readonly control?: number;
  /** Rotations: index of the angle among the circuit's parameters… */
  readonly angle?: number;
  /** …or a constant angle in rad. Exactly one of the two. */
  readonly value?: number;
}

export type GateName = 'RX' | 'RY' | 'RZ' | 'CRX' | 'CRY' | 'CRZ' | 'H' | 'X' | 'Z' | 'CNOT' | 'CZ';

/** What each gate needs: `axis` names the unitary on the target. */
export const GATES: Readonly<
  Record<
    GateName,
    { readonly axis: 'x' | 'y' | 'z' | 'h' | 'flip' | 'sign'; readonly rotation: boolean; readonly controlled: boolean }
  >
> = {
  RX: { axis: 'x', rotation: true, controlled: false },
  RY: { axis: 'y', rotation: true, controlled: false },
  RZ: { axis: 'z', rotation: true, controlled: false },
  CRX: { axis: 'x', rotation: true, controlled: true },
  CRY: { axis: 'y', rotation: true, controlled: true },
  CRZ: { axis: 'z', rotation: true, controlled: true },
  H: { axis: 'h', rotation: false, controlled: false },
  X: { axis: 'flip', rotation: false, controlled: false },
  Z: { axis: 'sign', rotation: false, controlled: false },
  CNOT: { axis: 'flip', rotation: false, controlled: true },
  CZ: { axis: 'sign', rotation: false, controlled: true },
};
