import type { TerminalStream } from './output.js';

const ESC = '\u001b[';
/** Alternate screen, cursor hidden, no wrapping; and back. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** Terminals that know it show everything between at once. */
const BEGIN_FRAME = `${ESC}?2026h`;
const END_FRAME = `${ESC}?2026l`;

/** One frame as one write: every line over the old one, the rest of the line and of the screen cleared. */
export function frame(lines: readonly string[]): string {
  return `${BEGIN_FRAME}${ESC}H${lines.map((line) => `${line}${ESC}K`).join('\r\n')}${ESC}J${END_FRAME}`;
}

/**
 * Shows `draw(columns, rows)` on a terminal's alternate screen `perSecond` times a second and after each resize. The
 * function returned restores the terminal; so does the end of the process, however it comes, and Ctrl-Z until it goes on.
 */
export function showOn(
  terminal: TerminalStream,
  draw: (columns: number, rows: number) => readonly string[],
  perSecond = 8,
): () => void {
  let open = true;
  let timer: NodeJS.Timeout | undefined;
  const redraw = (): void => void terminal.write(frame(draw(terminal.columns ?? 80, terminal.rows ?? 24)));
  const enter = (): void => {
    clearInterval(timer);
    timer = setInterval(redraw, 1000 / perSecond);
    terminal.write(ENTER);
    redraw();
  };
  const leave = (): void => {
    clearInterval(timer);
    terminal.write(LEAVE);
  };
  // Ctrl-Z: the terminal is the shell's until this process goes on.
  const suspend = (): void => {
    leave();
    process.kill(process.pid, 'SIGSTOP');
  };
  const close = (): void => {
    if (!open) return;
    open = false;
    terminal.off('resize', redraw);
    process.off('exit', close);
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', enter);
    leave();
  };
  process.on('exit', close);
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', enter);
  terminal.on('resize', redraw);
  enter();
  return close;
}
