import type { Observable, Subscription } from 'rxjs';
import type { Decision } from '../../src/index.js';
import { ReplayControl, fromPackets } from '../../streams/index.js';
import { classify } from '../classify.js';
import { now, realTime } from '../clock.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { duration } from '../live-view.js';
import { unlessInterrupted } from '../interruption.js';
import { LiveWatch } from '../live-watch.js';
import { loadModel } from '../models.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../program.js';
import { showOn } from '../screen.js';
import { type SourceOptions, openStreams } from '../sources.js';
import { Statistics, type Summary, summarize } from '../statistics.js';
import { warmUp } from '../warm-up.js';

export interface RunOptions extends SourceOptions {
  readonly once?: boolean;
  readonly speed: Speed;
  readonly loop?: boolean;
  readonly model?: string;
  readonly seed: number;
  readonly token?: string;
}

/** A decision as a line. */
export function decisionLine(decision: Decision, latency: number): string {
  const { label, confidence, truth, source } = decision;
  const parts = [
    `${(decision.t1 / 1e6).toFixed(3)} s`,
    oneLine(label),
    `confidence ${confidence.toFixed(2)}`,
    truth === null ? null : `truth ${oneLine(truth)} ${truth === label ? 'right' : 'wrong'}`,
    `latency ${duration(latency)}`,
    source === null ? null : oneLine(source),
  ];
  return parts.filter((part) => part !== null).join('  ');
}

function summaryLines(summary: Summary): string[] {
  const { accuracy, correct, decisions, latencyMs } = summary;
  return [
    `decisions ${decisions}${accuracy === null ? '' : `, ${correct} right (${(accuracy * 100).toFixed(1)} %)`}`,
    `events ${summary.events} (${summary.kept} after filters, ${summary.dropped} dropped), spikes ${summary.spikes}`,
    `latency p50 ${duration(latencyMs.p50)}, p99 ${duration(latencyMs.p99)}; model ${oneLine(summary.model)}, seed ${summary.seed}`,
  ];
}

/** Subscribes until the end, an error, or an interruption; true where it was interrupted. */
function untilDone<T>(stream: Observable<T>, next: (value: T) => void, interrupted: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let subscription: Subscription | null = null;
    const stop = (): void => {
      subscription?.unsubscribe();
      resolve(true);
    };
    interrupted.addEventListener('abort', stop, { once: true });
    subscription = stream.subscribe({
      next,
      error: reject,
      complete: () => resolve(false),
    });
    if (interrupted.aborted) stop();
  });
}

/** `rxspike run [SOURCE…]`: classifies streams live. */
export async function run(sources: string[], options: RunOptions, output: Output): Promise<CommandResult> {
  if (options.once && options.loop) throw new UsageError('--once and --loop contradict each other');
  const model = await loadModel(options.model);
  const control = new ReplayControl({ speed: options.speed });
  const statistics = new Statistics();
  const loop = options.loop ?? (sources.length === 0 && !options.once);
  const summary = (): Summary => summarize(statistics, options.seed, model.name);
  const stream = await unlessInterrupted(openStreams(sources, { ...options, control, loop }), output.interrupted);
  if (stream === null) return { json: { ...summary() }, status: 130 };
  if (options.speed !== 'max') warmUp(model);
  const decisions = classify(fromPackets(stream.events(), { scheduler: realTime }), model, {
    seed: options.seed,
    now,
    wallTime: (t) => control.wallTime(t),
    statistics,
  });
  const watch = new LiveWatch(model, options, statistics, control);
  const { terminal } = output;
  const color = !process.env['NO_COLOR'];
  const close = terminal && showOn(terminal, (columns, rows) => watch.draw({ columns, rows, color }));
  const note = (decision: Decision): void => {
    watch.note(decision);
    if (terminal === null) output.line(decisionLine(decision, statistics.lastLatency));
  };
  let stopped: boolean;
  try {
    stopped = await untilDone(decisions, note, output.interrupted);
  } catch (error) {
    close?.();
    summaryLines(summary()).forEach(output.line);
    throw new PartialFailure(error, { ...summary() });
  }
  close?.();
  summaryLines(summary()).forEach(output.line);
  return { json: { ...summary() }, status: stopped ? 130 : 0 };
}
