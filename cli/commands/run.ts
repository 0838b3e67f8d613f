import type { Observable, Subscription } from 'rxjs';
import { type Decision, RxSpikeError } from '../../src/index.js';
import { ReplayControl, fromPackets } from '../../streams/index.js';
import { classify } from '../classify.js';
import { now, realTime } from '../clock.js';
import { LastLines, decisionLine } from '../decision-lines.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { duration } from '../live-view.js';
import { unlessInterrupted } from '../interruption.js';
import { LiveWatch } from '../live-watch.js';
import { modelSize, sizeError } from '../model-size.js';
import { loadModel } from '../models.js';
import { type NetworkOptions, type NetworkSource, totalMissing } from '../network-source.js';
import { countsInWords } from '../numbers.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../command.js';
import { showOn } from '../screen.js';
import { type SourceOptions, openStreams } from '../sources.js';
import { Statistics, type Summary, summarize } from '../statistics.js';
import { warmUp } from '../warm-up.js';

export interface RunOptions extends SourceOptions, Omit<NetworkOptions, 'signal' | 'onListening'> {
  readonly once?: boolean;
  readonly speed: Speed;
  readonly loop?: boolean;
  readonly model?: string;
  readonly seed: number;
}

/** Decisions that are left on a terminal when its live view has gone: of sources that end, and of endless ones. */
const LEFT = 40;
const LEFT_OF_ENDLESS = 10;

function summaryLines(summary: Summary): string[] {
  const { accuracy, correct, decisions, latencyMs } = summary;
  return [
    `decisions ${decisions}${accuracy === null ? '' : `, ${correct} right (${(accuracy * 100).toFixed(1)} %)`}`,
    `events ${summary.events} (${summary.kept} after filters, ${summary.dropped} dropped), spikes ${summary.spikes}`,
    ...(Object.keys(summary.missing).length === 0 ? [] : [`missing: ${oneLine(countsInWords(summary.missing))}`]),
    ...(summary.reconnects === 0 ? [] : [`the connection was lost and made again ${summary.reconnects} ×`]),
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

/** Makes what takes over, when it is called, what is known of a stream's connection. */
function followNetwork(network: NetworkSource | null, statistics: Statistics): () => void {
  return () => {
    if (network === null) return;
    statistics.missing = network.missing();
    statistics.dropped = totalMissing(statistics.missing);
    const { absences, isAttached } = network.connection ?? { absences: 0, isAttached: true };
    statistics.reconnects = isAttached ? absences : Math.max(0, absences - 1);
  };
}

/** `rxspike run [SOURCE…]`: classifies streams live. */
export async function run(sources: string[], options: RunOptions, output: Output): Promise<CommandResult> {
  if (options.once && options.loop) throw new UsageError('--once and --loop contradict each other');
  const model = await loadModel(options.model);
  const control = new ReplayControl({ speed: options.speed });
  const statistics = new Statistics();
  const loop = options.loop ?? (sources.length === 0 && !options.once);
  const summary = (): Summary => summarize(statistics, options.seed, model.name);
  const size = modelSize(model);
  const { interrupted, note: listening } = output;
  const onListening = (url: string): void => listening(`listening at ${url}`);
  const opening = openStreams(sources, { ...options, control, loop, size, signal: interrupted, onListening }).catch(
    (error: unknown) => {
      throw error instanceof RxSpikeError ? new PartialFailure(error, { ...summary() }) : error;
    },
  );
  const stream = await unlessInterrupted(opening, output.interrupted);
  if (stream === null) return { json: { ...summary() }, status: 130 };
  if (options.speed !== 'max') warmUp(model);
  const decisions = classify(fromPackets(stream.events(), { scheduler: realTime }), model, {
    seed: options.seed,
    now,
    wallTime: (t) => control.wallTime(t),
    statistics,
  });
  const follow = followNetwork(stream.network, statistics);
  const connection = stream.network?.connection ?? null;
  const watch = new LiveWatch(model, options, statistics, control, connection && (() => connection.isAttached));
  const { terminal } = output;
  const color = !process.env['NO_COLOR'];
  const close =
    terminal &&
    showOn(terminal, (columns, rows) => {
      follow();
      return watch.draw({ columns, rows, color });
    });
  const left = new LastLines(loop ? LEFT_OF_ENDLESS : LEFT);
  const note = (decision: Decision): void => {
    watch.note(decision);
    const line = decisionLine(decision, statistics.lastLatency, model.readout.classes);
    if (terminal === null) output.line(line);
    else left.add(line);
  };
  const sumUp = (): void => {
    if (close) close();
    [...left.lines(), ...summaryLines(summary())].forEach(output.line);
  };
  let stopped: boolean;
  try {
    stopped = await untilDone(decisions, note, output.interrupted);
    follow();
    if (!stopped) statistics.dropped = stream.lost(statistics.events);
  } catch (error) {
    follow();
    sumUp();
    const name = sources.length === 1 ? sources[0] : stream.info.id;
    throw new PartialFailure(sizeError(name, stream.info, error, size), { ...summary() });
  }
  sumUp();
  return { json: { ...summary() }, status: stopped ? 130 : 0 };
}
