// A hospital of their own for the tests of a file, a browser, and what they look for on each page.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const phone = { width: 390, height: 844 };
export const screen = { width: 1440, height: 900 };
export const password = 'clinic-demo';

// {url, sql(TEXT), order(TEXT), close()}. sql() gives the rows as lines; order() is one of those of `serve`.
export async function openHospital() {
  const server = spawn(join(here, 'serve'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const hear = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, 'the hospital has ended by itself');
    return value;
  };
  const { url, database } = JSON.parse(await hear());
  return {
    url,
    sql: (text) =>
      execFileSync('psql', ['--no-psqlrc', '-qAt', '-v', 'ON_ERROR_STOP=1', database, '-c', text], {
        encoding: 'utf8',
      }).trim(),
    async order(text) {
      server.stdin.write(`${text}\n`);
      assert.equal(await hear(), 'done');
    },
    async close() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.stdin.end();
      await ended;
    },
  };
}

// Chromium has no sandbox of its own where root starts it.
export function openBrowser() {
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args });
}

// A page of a visitor of their own. What the page itself complains of fails the test: errors, and what its
// Content-Security-Policy forbids. Options are those of a browser's context, such as {viewport, locale}.
export async function visit(browser, options) {
  const context = await browser.newContext({ locale: 'ko-KR', ...options });
  context.setDefaultTimeout(30_000); // the machine may be busy
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  page.complaints = complaints;
  return page;
}

export function assertContent(page) {
  assert.deepEqual(page.complaints, []);
}

// No violation of axe's rules, serious or critical, on what the page shows now.
export async function assertAccessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const bad = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
    );
  assert.deepEqual(bad, [], where);
}
