// The desk's day, on its screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertAccessible,
  assertContent,
  openBrowser,
  openHospital,
  password,
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

async function fillLogin(page, who, secret = password) {
  await page.getByLabel(/E-mail|이메일/).fill(`${who}@example.com`);
  await page.getByLabel(/Password|비밀번호/).fill(secret);
  await page.getByRole('button', { name: /^(Log in|로그인)$/ }).click();
}

async function logIn(who, place = 'today', options = {}) {
  const page = await visit(browser, { viewport: screen, locale: 'en-GB', ...options });
  await page.goto(`${hospital.url}/admin/#/${place}`);
  await fillLogin(page, who);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

const dialog = (page) => page.getByRole('dialog');
const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const row = (page, text) => page.getByRole('row').filter({ hasText: text });
const event = (page, text) => page.locator('.ec-event.appointment').filter({ hasText: text });
const of = (id, what) => hospital.sql(`SELECT ${what} FROM appointment WHERE id = ${id}`);
const idOf = (start, doctor) =>
  hospital.sql(
    `SELECT id FROM appointment WHERE lower(during) = '${start}' AND doctor_id = ${doctor}`,
  );

function setClock(now) {
  hospital.sql(
    `CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp LANGUAGE sql STABLE RETURN timestamp '${now}'`,
  );
}

// The point of the calendar at a doctor's column and a time of the day.
async function pointAt(page, doctor, time) {
  const column = await page
    .locator('.ec-col-head')
    .filter({ hasText: doctor })
    .last()
    .boundingBox();
  const [first, second] = await Promise.all(
    ['09:00 김영희', '09:30 이철수'].map((text) => event(page, text).boundingBox()),
  );
  const [hours, minutes] = time.split(':').map(Number);
  const quarters = (hours - 9) * 4 + minutes / 15;
  const height = (second.y - first.y) / 2;
  return { x: column.x + column.width / 2, y: first.y + height * (quarters + 0.5) };
}

// halfway: what happens before the appointment is let go.
async function drag(page, what, doctor, time, halfway = () => {}) {
  const from = await event(page, what).boundingBox();
  const to = await pointAt(page, doctor, time);
  await page.mouse.move(from.x + from.width / 2, from.y + 6);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y - 20, { steps: 8 });
  await halfway();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

test('who arrives, is done or has not come is marked at one touch', async () => {
  const page = await logIn('desk');
  const id = idOf('2027-03-01 09:00', 1);
  await press(row(page, '김영희').first(), 'Arrived: 김영희');
  await row(page, '김영희').first().getByText('Arrived', { exact: true }).first().waitFor();
  await page.getByText('김영희: Arrived').waitFor();
  assert.ok(
    await row(page, '김영희')
      .first()
      .evaluate((one) => one.contains(document.activeElement)),
    'the keyboard stays with the row',
  );
  assert.equal(of(id, 'status'), 'arrived');
  await press(row(page, '김영희').first(), 'Completed: 김영희');
  await page.getByText('김영희: Completed').waitFor();
  assert.equal(of(id, 'status'), 'completed');

  const late = idOf('2027-03-01 09:15', 2);
  assert.equal(
    await row(page, '박민서')
      .getByRole('button', { name: /No-show/ })
      .count(),
    0,
  );
  setClock('2027-03-01 09:40');
  await page.reload();
  await row(page, '박민서').getByText('late').waitFor();
  await press(row(page, '박민서'), 'No-show: 박민서');
  await page.getByText('박민서: No-show').waitFor();
  assert.equal(of(late, 'status'), 'no_show');
  setClock('2027-03-01 08:00');
  assertContent(page);
  await page.context().close();
});

test('a patient is found by a part of the number, another is registered, and booked for', async () => {
  const page = await logIn('desk', 'patients');
  await page.getByLabel('Name or telephone').fill('0000005');
  await page.getByText('1 patient was found.').waitFor();
  await page.getByRole('button', { name: /정하윤/ }).click();
  await dialog(page).getByText('010-2000-0005').waitFor();
  await page.keyboard.press('Escape');
  await press(page, 'New patient');
  await dialog(page).getByLabel('Name').fill('Neu');
  await dialog(page).getByLabel('Telephone').fill('010-7777-0001');
  await press(dialog(page), 'Register the patient');
  await dialog(page).getByRole('heading', { name: 'Neu' }).waitFor();
  await press(dialog(page), 'Book for this patient');
  await dialog(page).getByLabel('Treatment').selectOption({ label: '초진 상담' });
  await dialog(page).getByLabel('Doctor').selectOption({ label: '정민수 (레이저센터)' });
  await dialog(page).getByLabel('Date').fill('2027-03-03');
  await dialog(page).getByLabel('Time').selectOption('10:15');
  await dialog(page).getByLabel('Memo').fill('first time here');
  await press(dialog(page), 'Book');
  await page.getByText(/Booked for Neu: Wed, 3 March 2027 10:15/).waitFor();
  assert.equal(
    hospital.sql("SELECT memo FROM appointment WHERE lower(during) = '2027-03-03 10:15'"),
    'first time here',
  );
  await page.context().close();
});

test('the calendar shows doctors, room, closures and time off; a click on a free place books', async () => {
  const page = await logIn('desk', 'calendar/day/2027-03-01');
  await event(page, '박민서').waitFor();
  for (const name of ['김서연', '오세훈'])
    await page.locator('.ec-col-head').filter({ hasText: name }).first().waitFor();
  await page.getByText('Away: 학회').waitFor();
  await page.getByText('Lunch').first().waitFor();
  await page.getByText('09:00, 2 of 6 places taken').waitFor({ state: 'attached' });
  const { x, y } = await pointAt(page, '윤도현', '10:00');
  await page.mouse.click(x, y);
  await dialog(page).getByLabel('Name or telephone').fill('강도윤');
  await dialog(page)
    .getByRole('button', { name: /강도윤/ })
    .click();
  await dialog(page).getByLabel('Treatment').selectOption({ label: '초진 상담' });
  assert.equal(await dialog(page).getByLabel('Date').inputValue(), '2027-03-01');
  assert.equal(await dialog(page).getByLabel('Time').inputValue(), '10:00');
  await press(dialog(page), 'Book');
  await event(page, '10:00 강도윤').waitFor();
  assert.notEqual(idOf('2027-03-01 10:00', 8), '');
  await page.goto(`${hospital.url}/admin/#/calendar/day/2027-03-08`);
  await page.getByText('Closed: 개원기념일').first().waitFor();
  await page.goto(`${hospital.url}/admin/#/calendar/week/2027-03-03`);
  await page.getByRole('heading', { name: 'The week from Mon, 1 March 2027' }).waitFor();
  await page.getByLabel('Show').selectOption({ label: 'All doctors' });
  const heads = page.locator('.ec-col-head');
  await heads.filter({ hasText: '오세훈' }).nth(6).waitFor({ state: 'attached' });
  assert.equal(await heads.filter({ hasText: '김서연' }).count(), 7);
  await event(page, '13:00 박민서').waitFor(); // with the first doctor
  await page.getByLabel('Show').selectOption({ label: '장미란' });
  await event(page, '10:00 이철수').waitFor();
  await event(page, '13:00 박민서').waitFor({ state: 'detached' });
  await page.reload();
  await event(page, '10:00 이철수').waitFor();
  assertContent(page);
  await page.context().close();
});

test('an appointment is dragged to another doctor and time, and put back with the reason when refused', async () => {
  const page = await logIn('desk', 'calendar/day/2027-03-01', { timezoneId: 'America/New_York' });
  const id = idOf('2027-03-01 11:00', 4);
  await event(page, '정하윤').waitFor();
  await drag(page, '정하윤', '정민수', '13:30', async () => {
    // Somebody else changes the day, and the page hears of it.
    hospital.sql(
      "UPDATE appointment SET memo = 'for a while' WHERE lower(during) = '2027-03-01 15:15'",
    );
    const isDay = (answer) => answer.url().includes('/appointments?') && answer.status() === 200;
    await page.waitForResponse(isDay);
  });
  await page.getByText('The appointment of 정하윤 was moved to Mon, 1 March 2027 13:30.').waitFor();
  assert.equal(of(id, "lower(during) || ' ' || doctor_id"), '2027-03-01 13:30:00 5');

  await drag(page, '정하윤', '박지민', '14:30');
  await page.getByText('The appointment of 정하윤 was not moved').waitFor();
  await page.getByText('The doctor is away on that day.').waitFor();
  assert.equal(of(id, "lower(during) || ' ' || doctor_id"), '2027-03-01 13:30:00 5');
  const column = await page
    .locator('.ec-col-head')
    .filter({ hasText: '정민수' })
    .last()
    .boundingBox();
  const back = await event(page, '정하윤').boundingBox();
  assert.ok(back.x >= column.x - 1 && back.x < column.x + column.width, 'it is back in its column');
  await press(page, 'Dismiss');
  assertContent(page);
  await page.context().close();
});

test('a drag to where there is no room is put back, and done with a reason', async () => {
  hospital.sql(
    "UPDATE hospital_slot SET max_capacity = 1 WHERE day_of_week = 4 AND start_time = '15:00'",
  );
  hospital.sql(
    "INSERT INTO appointment (doctor_id, treatment_id, patient_id, during) VALUES (6, 1, 2, '[2027-03-04 15:00, 2027-03-04 15:30)'), (1, 1, 3, '[2027-03-04 09:00, 2027-03-04 09:30)')",
  );
  const page = await logIn('desk', 'calendar/day/2027-03-04');
  const id = idOf('2027-03-04 09:00', 1);
  await event(page, '09:00 이철수').waitFor();
  await page.locator('.grid').getByText('1/1').waitFor();
  const from = await event(page, '09:00 이철수').boundingBox();
  const toThree = from.y + 6 + from.height * 12; // six hours later
  await page.mouse.move(from.x + 20, from.y + 6);
  await page.mouse.down();
  await page.mouse.move(from.x + 20, toThree - 40, { steps: 8 });
  await page.mouse.move(from.x + 20, toThree, { steps: 2 });
  await page.mouse.up();
  await page.getByText('There is no room left at that time.').waitFor();
  await event(page, '09:00 이철수').waitFor();
  assert.equal(of(id, 'lower(during)::time'), '09:00:00');
  await press(page, 'Give a reason and move it');
  await dialog(page)
    .getByLabel(/^Why more people/)
    .fill('came early');
  await press(dialog(page), 'Move over capacity');
  await dialog(page)
    .getByText(/was moved to Thu, 4 March 2027 15:00/)
    .waitFor();
  assert.equal(of(id, 'lower(during)::time'), '15:00:00');
  await page.context().close();
});

test('a double click and a lost answer book once', async () => {
  const page = await logIn('desk');
  await press(page, 'New appointment');
  await dialog(page).getByLabel('Name or telephone').fill('최지우');
  await dialog(page)
    .getByRole('button', { name: /최지우/ })
    .click();
  await dialog(page).getByLabel('Treatment').selectOption({ label: '초진 상담' });
  await dialog(page).getByLabel('Doctor').selectOption({ label: '한소희 (소아피부과)' });
  await dialog(page).getByLabel('Date').fill('2027-03-05');
  await dialog(page).getByLabel('Time').selectOption('11:00');
  let lost = 0;
  await page.route('**/api/v1/admin/appointments', async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await dialog(page).getByRole('button', { name: 'Book', exact: true }).dblclick();
  await page.getByText('Booked for 최지우: Fri, 5 March 2027 11:00, 한소희').waitFor();
  assert.ok(lost > 1, 'it was asked again');
  assert.equal(
    hospital.sql("SELECT count(*) FROM appointment WHERE lower(during) = '2027-03-05 11:00'"),
    '1',
  );
  await page.context().close();
});

test('more people than there is room for are taken with a reason, which the history keeps', async () => {
  hospital.sql(
    "UPDATE hospital_slot SET max_capacity = 1 WHERE day_of_week = 3 AND start_time = '15:00'",
  );
  hospital.sql(
    "INSERT INTO appointment (doctor_id, treatment_id, patient_id, during) VALUES (6, 1, 2, '[2027-03-03 15:00, 2027-03-03 15:30)')",
  );
  const page = await logIn('desk');
  await press(page, 'New appointment');
  await dialog(page).getByLabel('Name or telephone').fill('이철수');
  await dialog(page)
    .getByRole('button', { name: /이철수/ })
    .click();
  await dialog(page).getByLabel('Treatment').selectOption({ label: '초진 상담' });
  await dialog(page).getByLabel('Doctor').selectOption({ label: '김서연 (피부과)' });
  await dialog(page).getByLabel('Date').fill('2027-03-03');
  await dialog(page).getByLabel('Time').selectOption('15:00');
  await press(dialog(page), 'Book');
  await dialog(page).getByRole('alert').getByText('There is no room left at that time.').waitFor();
  await dialog(page)
    .getByLabel(/^Why more people/)
    .fill('an emergency');
  await press(dialog(page), 'Book over capacity');
  await page.getByText(/Booked for 이철수/).waitFor();
  const id = idOf('2027-03-03 15:00', 1);
  await page.goto(`${hospital.url}/admin/#/calendar/day/2027-03-03`);
  await event(page, '15:00 이철수').click();
  await press(dialog(page), 'History');
  await dialog(page).getByText('Over capacity because: an emergency').waitFor();
  await dialog(page).getByText('접수처').waitFor();
  await press(dialog(page), 'Cancel appointment');
  await dialog(page).getByLabel('Reason').fill('came by mistake');
  await press(dialog(page), 'Cancel the appointment');
  await dialog(page).getByText('이철수: Cancelled').waitFor();
  assert.equal(of(id, 'status'), 'cancelled');
  await press(dialog(page), 'History');
  await dialog(page).getByText('Reason: came by mistake').waitFor();
  await page.context().close();
});

test('by keyboard an appointment is opened from the calendar and moved', async () => {
  const page = await logIn('desk', 'calendar/day/2027-03-01');
  const id = idOf('2027-03-01 14:00', 4);
  await event(page, '14:00 강도윤').focus();
  await page.keyboard.press('Enter');
  await press(dialog(page), 'Move');
  await dialog(page).getByLabel('Time').selectOption('14:15');
  await dialog(page).locator('form').getByRole('button', { name: 'Move', exact: true }).focus();
  await page.keyboard.press('Enter');
  await dialog(page)
    .getByText(/was moved to Mon, 1 March 2027 14:15/)
    .waitFor();
  assert.equal(of(id, 'lower(during)::time'), '14:15:00');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await page.context().close();
});

test('what others change appears by itself', async () => {
  const [mine, theirs] = await Promise.all([logIn('viewer'), logIn('desk')]);
  const id = idOf('2027-03-01 10:30', 2);
  await row(mine, '최지우').getByText('Pending').waitFor();
  await press(row(theirs, '최지우'), 'Confirm: 최지우');
  await row(mine, '최지우').getByText('Confirmed').waitFor();
  assert.equal(of(id, 'status'), 'confirmed');
  await Promise.all([mine.context().close(), theirs.context().close()]);
});

test('a change that somebody else was faster with is refused and shown', async () => {
  const page = await logIn('desk', 'calendar/day/2027-03-02');
  const id = idOf('2027-03-02 13:00', 1);
  await event(page, '13:00 박민서').click();
  await press(dialog(page), 'Move');
  await page.route('**/appointments/*', (route) =>
    route.request().method() === 'GET' ? route.abort() : route.continue(),
  );
  hospital.sql(`UPDATE appointment SET memo = 'changed meanwhile' WHERE id = ${id}`);
  await dialog(page).getByLabel('Time').selectOption('13:30');
  await dialog(page).locator('form').getByRole('button', { name: 'Move', exact: true }).click();
  await dialog(page).getByText('Somebody has changed this in the meantime.').waitFor();
  assert.equal(of(id, 'lower(during)::time'), '13:00:00');
  await page.unroute('**/appointments/*');
  await dialog(page).getByText('changed meanwhile').first().waitFor();
  await dialog(page).getByText('This appointment has been changed in the meantime.').waitFor();
  await dialog(page).getByText('Somebody has changed this in the meantime.').waitFor();
  assert.equal(await dialog(page).getByLabel('Time').inputValue(), '13:30');
  await dialog(page).locator('form').getByRole('button', { name: 'Move', exact: true }).click();
  await dialog(page)
    .getByText(/was moved to Tue, 2 March 2027 13:30/)
    .waitFor();
  assert.equal(of(id, "lower(during)::time || ' ' || memo"), '13:30:00 changed meanwhile');
  await page.context().close();
});

test('a viewer sees the day and no buttons that change it', async () => {
  const page = await logIn('viewer');
  await row(page, '최지우').waitFor();
  assert.equal(await page.getByRole('button', { name: /Arrived|New appointment/ }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Patients' }).count(), 0);
  await page.goto(`${hospital.url}/admin/#/calendar/day/2027-03-01`);
  await event(page, '최지우').click();
  await dialog(page).getByText('010-2000-0004').waitFor();
  assert.equal(
    await dialog(page)
      .getByRole('button', { name: /Move|Cancel/ })
      .count(),
    0,
  );
  await page.context().close();
});

test('a wrong password is said', async () => {
  const page = await visit(browser, { viewport: screen, locale: 'ko-KR' });
  await page.goto(`${hospital.url}/admin/`);
  await fillLogin(page, 'viewer', 'not the password');
  await page.getByText('아이디 또는 비밀번호가 맞지 않습니다.').waitFor();
  await page.context().close();
});

test('an expired session keeps what is open behind the login', async () => {
  const page = await logIn('desk');
  await press(page, 'New appointment');
  await dialog(page).getByLabel('Memo').fill('half written');
  await page.context().clearCookies();
  const again = dialog(page).filter({ hasText: 'You were logged out after a while.' });
  await again.waitFor();
  await again.getByLabel('Password').fill(password);
  await press(again, 'Log in');
  await again.waitFor({ state: 'detached' });
  assert.equal(await dialog(page).getByLabel('Memo').inputValue(), 'half written');
  await page.context().close();
});

test('no network and no service are said, and it goes on by itself', async () => {
  const page = await logIn('desk');
  await row(page, '최지우').waitFor();
  await hospital.order('gateway stop');
  await page.getByText('The server cannot be reached.').first().waitFor();
  await hospital.order('gateway start');
  await page.getByText('The server cannot be reached.').first().waitFor({ state: 'detached' });
  await hospital.order('pools stop');
  await page.getByText('The service is unavailable for a moment.').first().waitFor();
  await row(page, '최지우').waitFor();
  await hospital.order('pools start');
  await page.getByText('The service is unavailable').first().waitFor({ state: 'detached' });
  await page.context().close();
});

for (const locale of ['ko-KR', 'en-GB']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every place and dialog is accessible, ${locale}, ${colorScheme}`, async () => {
      const page = await visit(browser, { viewport: screen, locale, colorScheme });
      const check = (where) => assertAccessible(page, `${where} ${locale} ${colorScheme}`);
      await page.goto(`${hospital.url}/admin/#/today`);
      await page.locator('form').waitFor();
      await check('login');
      await fillLogin(page, 'desk');
      await page.locator('tbody tr').first().waitFor();
      await check('today');
      await page.locator('.desk > header button.main').click();
      await dialog(page).locator('select').first().waitFor();
      await check('booking');
      await page.keyboard.press('Escape');
      await page.goto(`${hospital.url}/admin/#/patients`);
      await page.getByRole('searchbox').fill('0102000');
      await page.locator('.found button').first().click();
      await dialog(page).locator('summary').click();
      await check('patient');
      await page.keyboard.press('Escape');
      for (const view of ['day', 'week']) {
        await page.goto(`${hospital.url}/admin/#/calendar/${view}/2027-03-01`);
        await page.locator(`.grid.${view} .ec-event.appointment`).first().waitFor();
        await check(view);
      }
      await page.goto(`${hospital.url}/admin/#/calendar/day/2027-03-02`);
      await page.locator('.grid.day .ec-event.appointment').first().click();
      await dialog(page).locator('dl').waitFor();
      for (const part of await dialog(page).locator('button[aria-expanded]').all()) {
        await part.click();
        await dialog(page).locator('.inset').waitFor();
        await check('appointment');
      }
      assertContent(page);
      await page.context().close();
    });
  }
}

test('the first load is small', async () => {
  const page = await visit(browser, { viewport: screen, locale: 'en-GB' });
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  client.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(`${hospital.url}/admin/#/calendar/day/2027-03-01`);
  await fillLogin(page, 'desk');
  await event(page, '최지우').waitFor();
  assert.ok(bytes > 5_000 && bytes < 300 * 1024, `${bytes} bytes`);
  console.log(`the desk's first load, calendar included: ${Math.ceil(bytes / 1024)} KiB`);
  await page.context().close();
});
