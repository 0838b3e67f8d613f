// Bundles the built package for the browser and classifies a recording in headless chromium, under a Content-Security-Policy
// without eval: from a Blob and over a WebSocket. Both must equal what Node decides, to the last bit of the confidence.
import { createServer } from 'node:http';
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { bundledModel, bundledRecordings, openRecording, serveStream } from '../../dist/adapters/index.node.js';
import { fromPackets, runModel } from '../../dist/streams/index.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const outDir = join(root, 'node_modules', '.cache', 'browser-check');
await build({
  root,
  logLevel: 'error',
  configFile: false,
  resolve: {
    alias: {
      'rxspike/streams': join(root, 'dist/streams/index.js'),
      'rxspike/adapters': join(root, 'dist/adapters/index.js'),
      rxspike: join(root, 'dist/src/index.js'),
    },
  },
  build: {
    outDir,
    emptyOutDir: true,
    lib: { entry: join(root, 'scripts/browser/page.js'), formats: ['es'], fileName: 'page' },
  },
});

const [first] = await bundledRecordings();
const model = await bundledModel();
const files = {
  // The code of a format is a file of its own, loaded when it is met.
  ...Object.fromEntries((await readdir(outDir)).map((file) => [`/${file}`, [join(outDir, file), 'text/javascript']])),
  '/model': [join(root, 'assets/models/nmnist.safetensors'), 'application/octet-stream'],
  [`/${first.file}`]: [first.path, 'application/octet-stream'],
};
const policy = "default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:*";
const server = createServer((request, response) => {
  void (async () => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
      response.end('<!doctype html><script type="module" src="/page.js"></script>');
    } else if (files[path]) {
      response.writeHead(200, { 'content-type': files[path][1] });
      response.end(await readFile(files[path][0]));
    } else {
      response.writeHead(404).end();
    }
  })();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;
const recording = async () => await openRecording(first.path);
const streamed = await serveStream({ source: recording, origins: [address] });

const inNode = [];
const events = (await recording()).events();
await new Promise((resolve, reject) => {
  fromPackets(events)
    .pipe(runModel(model, { seed: 1 }))
    .subscribe({
      next: ({ label, confidence, counts }) => inNode.push([label, confidence, [...counts]]),
      error: reject,
      complete: resolve,
    });
});

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
let failed = false;
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
  });
  await page.goto(address);
  await page.waitForFunction(() => typeof globalThis.classify === 'function');
  const seen = await page.evaluate((what) => globalThis.classify(what), {
    model: '/model',
    file: `/${basename(first.path)}`,
    stream: streamed.url,
  });
  for (const [way, list] of Object.entries(seen)) {
    const same = inNode.length === 1 && JSON.stringify(list) === JSON.stringify(inNode);
    failed ||= !same;
    console.log(
      `${same ? 'ok' : 'NOT THE SAME'}: ${way} decides ${JSON.stringify(list)}; Node: ${JSON.stringify(inNode)}`,
    );
  }
  const serious = complaints.filter((text) => !text.includes('404'));
  if (serious.length > 0) {
    failed = true;
    console.log(serious.join('\n'));
  }
} finally {
  await browser.close();
  await streamed.close();
  server.close();
  await rm(outDir, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
