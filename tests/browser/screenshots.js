// The pictures of the pages in the README: `node screenshots.js DIRECTORY`, or `make screenshots`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser, openHospital, password, phone, screen, visit } from './hospital.js';

const directory = process.argv[2];
if (!directory) {
  console.error('usage: node screenshots.js DIRECTORY');
  process.exit(2);
}

async function logIn(page, url, place) {
  await page.goto(`${url}/admin/#/${place}`);
  await page.getByLabel(/E-mail|이메일/).fill('admin@example.com');
  await page.getByLabel(/Password|비밀번호/).fill(password);
  await page.getByRole('button', { name: /^(Log in|로그인)$/ }).click();
}

const pictures = {
  async patient(page, url) {
    await page.goto(url);
    await page.getByRole('radio', { name: '초진 상담' }).check();
    await page.getByRole('button', { name: /^2027년 3월 4일/ }).click();
    await page.getByRole('button', { name: '10:15' }).waitFor();
    await page.locator('.when').evaluate((element) => element.scrollIntoView({ block: 'start' }));
  },
  async today(page, url) {
    await logIn(page, url, 'today');
    await page.locator('tbody tr').first().waitFor();
  },
  async calendar(page, url) {
    await logIn(page, url, 'calendar');
    await page.locator('.ec-event.appointment').first().waitFor();
  },
  async statistics(page, url) {
    await logIn(page, url, 'statistics');
    await page.locator('canvas').first().waitFor();
  },
};

const options = {
  patient: { viewport: phone, deviceScaleFactor: 1.5 },
  today: { viewport: screen, locale: 'en-GB' },
  calendar: { viewport: screen },
  statistics: { viewport: screen, locale: 'en-GB', colorScheme: 'dark' },
};

await mkdir(directory, { recursive: true });
const [hospital, browser] = await Promise.all([openHospital(), openBrowser()]);
for (const [name, show] of Object.entries(pictures)) {
  const page = await visit(browser, { ...options[name], reducedMotion: 'reduce' });
  await show(page, hospital.url);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  console.log(`made ${name}.png`);
  await page.context().close();
}
await browser.close();
await hospital.close();
