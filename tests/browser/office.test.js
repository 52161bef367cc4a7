// The office, on the screen of a front desk and once on a telephone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  assertAccessible,
  assertContent,
  openBrowser,
  openHospital,
  password,
  phone,
  screen,
  visit,
} from './hospital.js';

let hospital;
let browser;
before(async () => {
  [hospital, browser] = await Promise.all([openHospital(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await hospital?.close();
});

const places = [
  'doctors',
  'treatments',
  'slots',
  'closures',
  'statistics',
  'staff',
  'hospital',
  'access-log',
];

async function logIn(who, options = {}) {
  const page = await visit(browser, { viewport: screen, locale: 'en-GB', ...options });
  await page.goto(`${hospital.url}/admin/#/doctors`);
  await page.getByLabel(/E-mail|이메일/).fill(`${who}@example.com`);
  await page.getByLabel(/Password|비밀번호/).fill(password);
  await page.getByRole('button', { name: /Log in|로그인/ }).click();
  await page.getByRole('heading', { level: 1, name: /Doctors|의사/ }).waitFor();
  return page;
}

// To a place whose content is there: what the place before showed does not count.
async function goTo(page, place) {
  await page.goto(`${hospital.url}/admin/#/${place}`);
  await page.locator(`nav a[href="#/${place}"][aria-current="page"]`).waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page
    .getByText(/^(Loading…|불러오는 중…)$/)
    .first()
    .waitFor({ state: 'detached' });
}

const row = (page, text) => page.getByRole('row').filter({ hasText: text });
const dialog = (page) => page.getByRole('dialog');
const press = (within, name) => within.getByRole('button', { name, exact: true }).click();

test('an admin adds, changes, hides and brings back a doctor', async () => {
  const page = await logIn('admin');
  await press(page, 'Add a doctor');
  await dialog(page).getByLabel('Name').fill('Newman');
  await dialog(page).getByLabel('Department').fill('dermatology');
  await press(dialog(page), 'Save');
  await row(page, 'Newman').waitFor();
  await press(page, 'Change Newman');
  await dialog(page).getByLabel('Department').fill('surgery');
  await press(dialog(page), 'Save');
  await row(page, 'Newman').filter({ hasText: 'surgery' }).waitFor();
  await press(page, 'Hide Newman');
  await press(dialog(page), 'Hide');
  await page.getByText('Newman is hidden.').waitFor();
  await row(page, 'Newman').waitFor({ state: 'detached' });
  assert.equal(hospital.sql("SELECT is_active FROM doctor WHERE name = 'Newman'"), 'f');
  await page.getByLabel('Active').selectOption('false');
  await press(page, 'Bring back Newman');
  await page.getByText('Newman is saved.').waitFor();
  await row(page, 'Newman').waitFor({ state: 'detached' });
  await page.getByLabel('Active').selectOption('true');
  await page.getByLabel('Department').selectOption('surgery');
  await row(page, 'Newman').waitFor();
  await row(page, '김서연').waitFor({ state: 'detached' });
  assert.equal(
    hospital.sql("SELECT is_active, department FROM doctor WHERE name = 'Newman'"),
    't|surgery',
  );
  assertContent(page);
  await page.context().close();
});

test('whoever is still needed stays, and the page says by how many', async () => {
  const page = await logIn('admin', { locale: 'ko-KR' });
  await press(page, '김서연 숨기기');
  await press(dialog(page), '숨기기');
  await dialog(page).getByText('예정된 예약 3건이 걸려 있습니다.').waitFor();
  assert.equal(hospital.sql("SELECT is_active FROM doctor WHERE name = '김서연'"), 't');
  await press(dialog(page), '취소');
  await page.context().close();
});

test('a treatment is made, changed and hidden, and what is wrong is said beside its field', async () => {
  const page = await logIn('admin');
  await goTo(page, 'treatments');
  await press(page, 'Add a treatment');
  await dialog(page).getByLabel('Name').fill('보톡스');
  await dialog(page).getByLabel('Length (minutes)').fill('45');
  await dialog(page).getByLabel('Price (won)').fill('70000');
  await press(dialog(page), 'Save');
  await dialog(page).locator('.field').filter({ hasText: 'Name' }).locator('.error').waitFor();
  assert.equal(
    await dialog(page).getByLabel('Name').getAttribute('aria-invalid'),
    'true',
    'the field knows that it is wrong',
  );
  await dialog(page).getByLabel('Name').fill('Peeling');
  await press(dialog(page), 'Save');
  await row(page, 'Peeling')
    .filter({ hasText: '45 min' })
    .filter({ hasText: 'KRW 70,000' })
    .waitFor();
  await press(page, 'Change Peeling');
  await dialog(page).getByLabel('Length (minutes)').fill('60');
  await press(dialog(page), 'Save');
  await row(page, 'Peeling').filter({ hasText: '60 min' }).waitFor();
  await press(page, 'Hide Peeling');
  await press(dialog(page), 'Hide');
  await row(page, 'Peeling').waitFor({ state: 'detached' });
  assert.equal(
    hospital.sql("SELECT duration_minutes, price, is_active FROM treatment WHERE name = 'Peeling'"),
    '60|70000|f',
  );
  assertContent(page);
  await page.context().close();
});

test('slots are a week: a cell is added, changed and hidden, and a whole day at once', async () => {
  const page = await logIn('admin');
  const sunday = () =>
    hospital.sql(
      'SELECT start_time, max_capacity, is_active FROM hospital_slot WHERE day_of_week = 7',
    );
  await goTo(page, 'slots');
  await press(page, 'Add a slot: Sunday 10:30–11:00');
  await dialog(page).getByLabel('Capacity (people)').fill('2');
  await press(dialog(page), 'Save');
  await press(page, 'Change Sunday 10:30–11:00: 2');
  await dialog(page).getByLabel('Capacity (people)').fill('3');
  await press(dialog(page), 'Save');
  await page.getByRole('button', { name: 'Change Sunday 10:30–11:00: 3' }).waitFor();
  assert.equal(sunday(), '10:30:00|3|t');
  await press(page, 'Change Sunday 10:30–11:00: 3');
  await dialog(page).getByLabel('Active').uncheck();
  await press(dialog(page), 'Save');
  await page.getByRole('button', { name: 'Change Sunday 10:30–11:00: Hidden' }).waitFor();
  assert.equal(sunday(), '10:30:00|3|f');

  await press(page, 'Change all of Saturday');
  await dialog(page).getByLabel('Capacity (people)').fill('9');
  await press(dialog(page), 'Save');
  await page.getByText('Saturday: 6 slots are saved.').waitFor();
  assert.equal(
    hospital.sql(
      'SELECT DISTINCT max_capacity FROM hospital_slot WHERE day_of_week = 6 AND is_active',
    ),
    '9',
  );
  assertContent(page);
  await page.context().close();
});

test('a slot that is in use keeps its room, and a whole day stops there and says so', async () => {
  const page = await logIn('admin');
  hospital.sql(`INSERT INTO appointment (doctor_id, treatment_id, patient_id, during)
                VALUES (5, 1, 6, tsrange('2027-03-05 10:00', '2027-03-05 10:30')),
                       (6, 1, 7, tsrange('2027-03-05 10:00', '2027-03-05 10:30'))`);
  await goTo(page, 'slots');
  await press(page, 'Change all of Friday');
  await dialog(page).getByLabel('Capacity (people)').fill('1');
  await press(dialog(page), 'Save');
  await dialog(page).getByText('It stopped at Friday 10:00–10:30.').waitFor();
  await press(dialog(page), 'Cancel');
  assert.equal(
    hospital.sql(
      'SELECT count(*) FROM hospital_slot WHERE day_of_week = 5 AND is_active AND max_capacity = 1',
    ),
    '2',
  );
  await page.context().close();
});

test('the arrow keys walk through the week', async () => {
  const page = await logIn('admin');
  await goTo(page, 'slots');
  const monday = page.getByRole('button', { name: /^Change Monday 09:30/ });
  await monday.focus();
  const labelOfFocused = () => page.evaluate(() => document.activeElement.ariaLabel);
  await page.keyboard.press('ArrowRight');
  assert.match(await labelOfFocused(), /^Change Tuesday 09:30/);
  await page.keyboard.press('ArrowUp');
  assert.match(await labelOfFocused(), /^Change Tuesday 09:00/);
  await page.keyboard.press('ArrowUp');
  assert.equal(await labelOfFocused(), 'Change all of Tuesday');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  assert.match(await labelOfFocused(), /^Change Monday 09:00/);
  await page.context().close();
});

test('a closure is made and removed, its days in order', async () => {
  const page = await logIn('admin');
  await goTo(page, 'closures');
  await press(page, 'Add a closure');
  await dialog(page).getByLabel('From', { exact: true }).fill('2027-03-10');
  await dialog(page).getByLabel('To', { exact: true }).fill('2027-03-09');
  await dialog(page).getByLabel('Reason').fill('holiday');
  await press(dialog(page), 'Save');
  await dialog(page).getByRole('alert').getByText('Please check what was entered.').waitFor();
  await dialog(page).getByText('The last day cannot be before the first.').waitFor();
  await dialog(page).getByLabel('To', { exact: true }).fill('2027-03-11');
  await press(dialog(page), 'Save');
  await row(page, 'holiday').filter({ hasText: 'The whole hospital' }).waitFor();
  await row(page, 'holiday').getByRole('button').click();
  await press(dialog(page), 'Remove');
  await row(page, 'holiday').waitFor({ state: 'detached' });
  assertContent(page);
  await page.context().close();
});

test('a closure that was refused is made once nothing stands in its way any more', async () => {
  const page = await logIn('admin');
  hospital.sql(`INSERT INTO appointment (doctor_id, treatment_id, patient_id, during)
                VALUES (11, 1, 6, tsrange('2027-03-16 10:00', '2027-03-16 10:30'))`);
  await goTo(page, 'closures');
  await press(page, 'Add a closure');
  await dialog(page).getByLabel('From', { exact: true }).fill('2027-03-16');
  await dialog(page).getByLabel('To', { exact: true }).fill('2027-03-16');
  await dialog(page).getByLabel('Doctor').selectOption({ label: '한소희' });
  await press(dialog(page), 'Save');
  await dialog(page).getByText('1 appointment stands in the way.').waitFor();
  hospital.sql("UPDATE appointment SET status = 'cancelled' WHERE doctor_id = 11");
  await press(dialog(page), 'Save');
  await row(page, '한소희').waitFor();
  await page.context().close();
});

test('a closure is made once, although the first answer is lost', async () => {
  const page = await logIn('admin');
  let lost = 0;
  await page.route('**/api/v1/admin/closures', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.continue();
    assert.equal((await route.fetch()).status(), 201);
    await route.abort();
  });
  await goTo(page, 'closures');
  await press(page, 'Add a closure');
  await dialog(page).getByLabel('From', { exact: true }).fill('2027-04-05');
  await dialog(page).getByLabel('To', { exact: true }).fill('2027-04-05');
  await dialog(page).getByLabel('Reason').fill('lost and found');
  await press(dialog(page), 'Save');
  await row(page, 'lost and found').waitFor();
  assert.ok(lost > 1, 'it was sent again');
  assert.equal(hospital.sql("SELECT count(*) FROM closure WHERE reason = 'lost and found'"), '1');
  await page.context().close();
});

test('a colleague is added once, and the password is nowhere kept', async () => {
  const page = await logIn('admin');
  await goTo(page, 'staff');
  await press(page, 'Add a colleague');
  await dialog(page).getByLabel('Name').fill('Nora');
  await dialog(page).getByLabel('E-mail').fill('admin@example.com');
  await dialog(page).getByLabel('Role').selectOption('desk');
  await dialog(page).getByLabel('Password').fill('correct horse');
  await press(dialog(page), 'Save');
  await dialog(page).getByRole('alert').getByText('This exists already.').waitFor();
  await dialog(page).getByLabel('E-mail').fill('nora@example.com');
  await page.route('**/api/v1/admin/staff', (route) => route.abort());
  await press(dialog(page), 'Save');
  await dialog(page).getByText('The server cannot be reached.').waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  assert.ok(kept.includes('nora@example.com'), 'what is to be done once has its key');
  assert.ok(!kept.includes('correct horse'));
  await page.unroute('**/api/v1/admin/staff');
  await press(dialog(page), 'Save');
  await row(page, 'nora@example.com').waitFor();
  assert.equal(hospital.sql("SELECT role FROM staff WHERE email = 'nora@example.com'"), 'desk');
  await press(page, 'Change Nora');
  await dialog(page).getByLabel('Role').selectOption('viewer');
  await press(dialog(page), 'Save');
  await row(page, 'nora@example.com').filter({ hasText: 'Viewer' }).waitFor();
  await press(page, 'Hide Nora');
  await press(dialog(page), 'Hide');
  await row(page, 'nora@example.com').waitFor({ state: 'detached' });
  assertContent(page);
  await page.context().close();
});

test('the last administrator stays', async () => {
  const page = await logIn('admin');
  await goTo(page, 'staff');
  await press(page, 'Hide 관리자');
  await press(dialog(page), 'Hide');
  await dialog(page).getByText('One administrator has to remain.').waitFor();
  await page.context().close();
});

test('settings of the hospital are changed, and what is wrong is said beside the field', async () => {
  const page = await logIn('admin');
  await goTo(page, 'hospital');
  await page.getByLabel('Time zone (IANA)').fill('Asia/Atlantis');
  await press(page, 'Save');
  await page.getByText('This is no time zone that is known').waitFor();
  await page.getByLabel('Time zone (IANA)').fill('Asia/Seoul');
  await page.getByLabel('Closes at').selectOption('08:00');
  await press(page, 'Save');
  await page.getByText('Closing comes after opening.').waitFor();
  await page.getByLabel('Closes at').selectOption('24:00');
  await page.getByLabel('Opens at').selectOption('08:30');
  await page.getByLabel('Notice for booking (minutes)').fill('30');
  await press(page, 'Save');
  await page.getByText('The settings are saved.').waitFor();
  assert.equal(
    hospital.sql('SELECT opens_at, closes_at, min_notice_minutes FROM hospital'),
    '08:30:00|24:00:00|30',
  );
  hospital.sql(
    "UPDATE hospital SET opens_at = '09:00', closes_at = '18:00', min_notice_minutes = 0",
  );
  await page.context().close();
});

test('statistics count what there is, and the file has the same', async () => {
  hospital.sql(`INSERT INTO treatment (name, duration_minutes, price)
                VALUES ('=HYPERLINK("http://x", "y")', 30, 0);
                INSERT INTO appointment (doctor_id, treatment_id, patient_id, during)
                SELECT 10, id, 6, tsrange('2027-03-03 15:00', '2027-03-03 15:30')
                  FROM treatment WHERE name LIKE '=%'`);
  const page = await logIn('viewer', { acceptDownloads: true });
  await goTo(page, 'statistics');
  const count = (where) => hospital.sql(`SELECT count(*) FROM appointment WHERE ${where}`);
  const table = (name) => page.getByRole('table', { name });
  const said = (within, name, number) =>
    within
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
      .getByText(number, { exact: true })
      .waitFor();
  const march = "during && '[2027-03-01, 2027-04-01)'";
  const total = page.locator('.numbers div').filter({ hasText: 'Appointments' }).locator('dd');
  await total.getByText(count(march), { exact: true }).waitFor();
  await said(table('By doctor'), '김서연', count(`${march} AND doctor_id = 1`));
  await said(table('By treatment'), '초진 상담', count(`${march} AND treatment_id = 1`));
  await said(table('By status'), 'Cancelled', count(`${march} AND status = 'cancelled'`));
  await said(table('First visits and returns'), 'Return visit', '0');
  await page.getByText('Appointments by day as a table').click();
  await said(page.getByRole('figure', { name: 'by day' }), /\b3 March 2027/, '1');
  await page.getByText('Appointments by hour as a table').click();
  await said(
    page.getByRole('figure', { name: 'by hour' }),
    '10:00',
    count(`${march} AND extract(hour FROM lower(during)) = 10`),
  );
  const saved = async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), press(page, 'Download CSV')]);
    return [file.suggestedFilename(), ...readFileSync(await file.path(), 'utf8').split('\r\n')];
  };
  const [, ...month] = await saved();
  assert.ok(
    month.includes(`By treatment,"'=HYPERLINK(""http://x"", ""y"")",1,0`),
    month.join('\n'),
  );
  await press(page, 'Today');
  await total.getByText('7', { exact: true }).waitFor();
  await page.getByLabel('Doctor', { exact: true }).selectOption({ label: '이준호' });
  await total.getByText('2', { exact: true }).waitFor();
  const [name, first, ...lines] = await saved();
  assert.equal(name, 'statistics-2027-03-01-2027-03-01.csv');
  assert.equal(first, '\ufeffSection,Name,Count,Revenue');
  assert.ok(lines.includes('Appointments,,2,'), lines.join('\n'));
  assert.ok(lines.includes('By doctor,이준호,2,'), lines.join('\n'));
  assertContent(page);
  await page.context().close();
});

test('charts are drawn anew for the dark, and a range stays in order', async () => {
  const page = await logIn('viewer');
  await goTo(page, 'statistics');
  await page.locator('canvas').first().waitFor();
  const light = await page.evaluate(() => document.querySelector('canvas').toDataURL());
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(
    (before) => document.querySelector('canvas').toDataURL() !== before,
    light,
  );
  await page.getByLabel('From').fill('2027-04-02');
  await page.getByRole('figure', { name: 'by day' }).locator('canvas').waitFor();
  assert.equal(await page.getByLabel('To', { exact: true }).inputValue(), '2027-04-02');
  assertContent(page);
  await page.context().close();
});

test('the access log tells who looked at whom', async () => {
  const desk = await logIn('desk');
  await desk.evaluate(() =>
    fetch('/api/v1/admin/patients/3', { headers: { 'X-Session': 'cookie' } }),
  );
  await desk.context().close();
  const page = await logIn('admin');
  await goTo(page, 'access-log');
  await page.getByLabel('Patient number').fill('3');
  await row(page, '접수처').filter({ hasText: 'Saw the patient' }).first().waitFor();
  await page.getByLabel('Colleague').selectOption({ label: '관리자' });
  await page.getByText('There is nothing of that kind.').waitFor();
  await page.context().close();
});

test('the access log is turned over page by page, newest first, and kept to some days', async () => {
  hospital.sql(`INSERT INTO access (at, staff_id, patient_id, action)
                SELECT timestamptz '2027-02-01 12:00+09' + i * interval '1 minute', 1, 5,
                       'GET /patients/{id}'
                  FROM generate_series(1, 60) AS i`);
  const page = await logIn('admin');
  await goTo(page, 'access-log');
  await page.getByLabel('From').fill('2027-02-01');
  await page.getByLabel('To', { exact: true }).fill('2027-02-01');
  await page.getByLabel('Patient number').fill('5');
  await page.getByText('Page 1 of 2').waitFor();
  await row(page, '13:00').waitFor();
  assert.equal(await page.getByRole('row').count(), 51);
  assert.ok(await page.getByRole('button', { name: 'Newer' }).isDisabled());
  await press(page, 'Older');
  await row(page, '12:01').waitFor();
  assert.equal(await page.getByRole('row').count(), 11);
  await page.getByLabel('To', { exact: true }).fill('2027-01-31');
  await page.getByLabel('From').fill('2027-01-01');
  await page.getByText('There is nothing of that kind.').waitFor();
  await page.context().close();
});

test('who may not change anything sees no buttons for it', async () => {
  for (const who of ['desk', 'viewer']) {
    const page = await logIn(who);
    for (const place of ['doctors', 'treatments', 'slots', 'closures', 'staff', 'hospital']) {
      await goTo(page, place);
      assert.equal(await page.getByRole('main').getByRole('button').count(), 0, `${who} ${place}`);
    }
    assert.equal(await page.getByRole('link', { name: 'Access log' }).count(), 0);
    await page.context().close();
  }
});

test('a doctor is added by keyboard alone', async () => {
  const page = await logIn('admin');
  await page.getByRole('button', { name: 'Add a doctor' }).focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await dialog(page).getByLabel('Name').focus();
  await page.keyboard.type('Keys');
  await page.keyboard.press('Tab');
  await page.keyboard.type('surgery');
  await page.keyboard.press('Enter');
  await row(page, 'Keys').waitFor();
  await page.getByRole('button', { name: 'Add a doctor' }).focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Add a doctor');
  await page.context().close();
});

for (const locale of ['ko-KR', 'en-GB']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every place and dialog is accessible, ${locale}, ${colorScheme}`, async () => {
      const page = await logIn('admin', { locale, colorScheme });
      for (const place of places) {
        await goTo(page, place);
        await assertAccessible(page, `${place} ${locale} ${colorScheme}`);
      }
      await goTo(page, 'doctors');
      await page.locator('.office > header button').click();
      await assertAccessible(page, `form ${locale} ${colorScheme}`);
      await page.keyboard.press('Escape');
      await page.locator('button.danger').first().click();
      await dialog(page).waitFor();
      await assertAccessible(page, `removal ${locale} ${colorScheme}`);
      await page.keyboard.press('Escape');
      await goTo(page, 'slots');
      await page.locator('.week thead button').first().click();
      await dialog(page).waitFor();
      await assertAccessible(page, `day ${locale} ${colorScheme}`);
      assertContent(page);
      await page.context().close();
    });
  }
}

test('a telephone shows it without scrolling the page sideways', async () => {
  const page = await logIn('admin', { viewport: phone });
  for (const place of places) {
    await goTo(page, place);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.width, `${place} is ${width} wide`);
  }
  await page.context().close();
});
