// What every page promises before anybody does anything on it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertContent, openBrowser, openHospital, password, screen, visit } from './hospital.js';

let hospital;
let browser;
before(async () => {
  [hospital, browser] = await Promise.all([openHospital(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await hospital?.close();
});

const pages = [
  { path: '/', titles: { 'ko-KR': '서울 맑은피부과', 'en-GB': '서울 맑은피부과' } },
  { path: '/admin/', titles: { 'ko-KR': '접수 데스크', 'en-GB': 'Front desk' } },
];

const ask = (path, headers = {}) =>
  fetch(new URL(path, hospital.url), { headers, redirect: 'manual' });

const assetsOf = (html) =>
  [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, at]) => at);

async function logIn(page) {
  await page.goto(`${hospital.url}/admin/`);
  await page.getByLabel('E-mail').fill('admin@example.com');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').waitFor();
}

for (const { path, titles } of pages) {
  for (const [locale, title] of Object.entries(titles)) {
    test(`${path} has a title and one first heading in the language of the browser, ${locale}`, async () => {
      const page = await visit(browser, { locale });
      await page.goto(hospital.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.ok((await page.title()).includes(title), await page.title());
      assert.equal(await page.locator('html').getAttribute('lang'), locale.slice(0, 2));
      assertContent(page);
      await page.context().close();
    });
  }

  test(`${path} keeps the language that was chosen`, async () => {
    const page = await visit(browser, { locale: 'en-GB' });
    await page.goto(hospital.url + path);
    await page.getByRole('button', { name: '한국어' }).click();
    await page.reload();
    await page.getByRole('button', { name: '한국어', pressed: true }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
    await page.context().close();
  });

  test(`${path} speaks to those without JavaScript`, async () => {
    const page = await visit(browser, { javaScriptEnabled: false });
    await page.goto(hospital.url + path);
    const notice = page.locator('noscript');
    await notice.waitFor();
    assert.match(await notice.textContent(), /자바스크립트.*JavaScript/);
    await page.context().close();
  });

  test(`${path} is asked for anew, and what it loads is kept for ever and compressed`, async () => {
    const answer = await ask(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
    const assets = assetsOf(await answer.text());
    assert.ok(assets.some((at) => at.endsWith('.js')) && assets.some((at) => at.endsWith('.css')));
    for (const at of [path, ...assets]) {
      const packed = await ask(at, { 'Accept-Encoding': 'gzip' });
      assert.equal(packed.headers.get('content-encoding'), 'gzip', at);
      const plain = await ask(at, { 'Accept-Encoding': 'identity' });
      assert.equal(plain.headers.get('content-encoding'), null, at);
      assert.equal(await packed.text(), await plain.text(), at);
    }
    for (const at of assets) {
      const asset = await ask(at);
      assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable', at);
    }
  });

  test(`${path} allows no script and no style that stands in the page`, async () => {
    const policy = (await ask(path)).headers.get('content-security-policy');
    const directives = new Map(policy.split(/; */).map((one) => [one.split(' ')[0], one]));
    assert.equal(directives.get('default-src'), "default-src 'none'");
    assert.equal(directives.get('script-src'), "script-src 'self'");
    assert.equal(directives.get('style-src'), "style-src 'self'");
    assert.equal(directives.get('connect-src'), "connect-src 'self'");
    assert.equal(directives.get('frame-ancestors'), "frame-ancestors 'none'");
    const page = await visit(browser);
    await page.goto(hospital.url + path);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    assert.equal(page.complaints.length, 1);
    await page.context().close();
  });
}

test('/admin leads to /admin/', async () => {
  const answer = await ask('/admin');
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.get('location'), '/admin/');
});

test('an asset of another build is missing, and does not become a page', async () => {
  const answer = await ask('/assets/patient-OLD.js');
  assert.equal(answer.status, 404);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
});

test('nothing comes from another host, wherever one goes', async () => {
  const page = await visit(browser, { viewport: screen, locale: 'en-GB' });
  const others = [];
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && origin !== hospital.url)
      others.push(request.url());
  });
  await page.goto(`${hospital.url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.goto(`${hospital.url}/docs/`);
  await page.getByText('Appointment').first().waitFor();
  await logIn(page);
  const links = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
  assert.equal(await links.count(), 11);
  for (const link of await links.all()) {
    await link.click();
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  assert.deepEqual(others, []);
  assertContent(page);
  await page.context().close();
});

test('no script can read the login, and none is stored', async () => {
  const page = await visit(browser, { locale: 'en-GB' });
  await logIn(page);
  const readable = await page.evaluate(() =>
    JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
  );
  const cookies = await page.context().cookies(`${hospital.url}/api/v1/admin/auth/refresh`);
  assert.ok(cookies.length >= 2);
  for (const { name, value, httpOnly, sameSite } of cookies) {
    assert.deepEqual([httpOnly, sameSite], [true, 'Strict'], name);
    assert.ok(!readable.includes(value), name);
  }
  assert.equal(await page.evaluate(() => document.cookie), '');
  await page.context().close();
});

test('whoever logged out is logged out, also on the way back', async () => {
  const page = await visit(browser, { locale: 'en-GB' });
  await logIn(page);
  await page.goto(`${hospital.url}/admin/#/doctors`);
  await page.getByRole('heading', { level: 1, name: 'Doctors' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.goBack();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.context().close();
});
