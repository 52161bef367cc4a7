// A patient on a telephone.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  assertAccessible,
  assertContent,
  openBrowser,
  openHospital,
  password,
  phone,
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
beforeEach(() => {
  hospital.sql(
    'UPDATE appointment SET status = $$cancelled$$ WHERE memo IS NOT NULL AND status = $$pending$$',
  );
});

const demo = '010-1234-5678';

const open = async (options = {}) => {
  const page = await visit(browser, { viewport: phone, locale: 'en-GB', ...options });
  await page.goto(hospital.url);
  return page;
};

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

// Up to the page that asks whether to book, at that time with that doctor.
async function choose(
  page,
  { treatment = '초진 상담', doctor = '김서연', day = 'Thu, 4 March 2027', time },
) {
  await page.getByRole('radio', { name: treatment }).check();
  await page.getByLabel('Doctor').selectOption({ label: `${doctor} (피부과)` });
  await page.getByRole('button', { name: new RegExp(`^${day},`) }).click();
  await press(page, time);
  await page.getByRole('heading', { name: 'Please check' }).waitFor();
}

async function logIn(page, { number = demo, secret = password } = {}) {
  await page.getByLabel('Telephone').fill(number);
  await page.getByLabel('Password').fill(secret);
  await page.locator('form.login button.main').click();
}

const standing = (time) =>
  hospital.sql(
    `SELECT count(*) FROM appointment WHERE lower(during) = '${time}' AND status <> 'cancelled'`,
  );

// An appointment of the demo patient that the test needs, and its page.
async function openOwn(page, time) {
  const id = hospital.sql(
    `INSERT INTO appointment (doctor_id, treatment_id, patient_id, during, memo)
     VALUES (1, 1, 1, tsrange('${time}', timestamp '${time}' + interval '30 minutes'), 'own')
     RETURNING id`,
  );
  await page.getByRole('link', { name: 'My appointments' }).click();
  await logIn(page);
  await page.getByRole('heading', { name: 'To come' }).waitFor();
  return id;
}

const statusOf = (id) => hospital.sql(`SELECT status FROM appointment WHERE id = ${id}`);

// The hospital does what is asked, and nobody hears of it, until page.unroute(where).
const loseAnswers = (page, where, method) =>
  page.route(where, async (route) => {
    if (route.request().method() !== method) return route.continue();
    await route.fetch();
    return route.abort();
  });

const memo = (page) => page.getByLabel('A word to the hospital');
const booked = (page) => page.getByText(/You are expected/).waitFor();

test('somebody new registers while booking, sees it confirmed, moves it and cancels it', async () => {
  const page = await open();
  await choose(page, { time: '10:15' });
  await memo(page).fill('allergic to latex');
  await press(page, 'I am new here');
  await page.getByLabel('Name').fill('Nam');
  await page.getByLabel('Telephone').fill('010-9999-0001');
  await page.getByLabel('Password').fill('correct horse');
  await press(page, 'Register and go on');
  await press(page, 'Book it');
  await booked(page);
  for (const text of [
    'Thu, 4 March 2027 10:15 – 10:45',
    '김서연 (피부과)',
    '초진 상담',
    'Nam',
    'KRW 20,000',
    'Received',
    'allergic to latex',
    '서울 맑은피부과',
  ]) {
    await page.getByText(text).first().waitFor();
  }
  assert.equal(standing('2027-03-04 10:15'), '1');

  await page.getByRole('main').getByRole('link', { name: 'My appointments' }).click();
  await page.getByRole('link', { name: /^Move the appointment of/ }).click();
  await page.getByRole('button', { name: /^Fri, 5 March 2027,/ }).click();
  await press(page, '11:00');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await page.getByText('You are expected: Fri, 5 March 2027 11:00.').waitFor();
  assert.equal(standing('2027-03-04 10:15'), '0');
  assert.equal(standing('2027-03-05 11:00'), '1');

  await page.getByRole('main').getByRole('link', { name: 'My appointments' }).click();
  await page.getByRole('button', { name: /^Cancel the appointment of/ }).click();
  await page.getByLabel('Reason (if you like)').fill('travelling');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the appointment' }).click();
  await page.getByText('There are no appointments to come.').waitFor();
  assert.equal(standing('2027-03-05 11:00'), '0');
  assertContent(page);
  await page.context().close();
});

test('the next free time is one touch away', async () => {
  const page = await open();
  await page.getByRole('radio', { name: '초진 상담' }).check();
  await page.getByRole('button', { name: /^The next free time/ }).click();
  await page.getByText('Mon, 1 March 2027 09:00').waitFor();
  await page.context().close();
});

test('an appointment may move by a quarter of an hour into its own time', async () => {
  const page = await open();
  await choose(page, { time: '14:00' });
  await memo(page).fill('mine');
  await logIn(page);
  await press(page, 'Book it');
  await booked(page);
  await page.getByRole('main').getByRole('link', { name: 'My appointments' }).click();
  await page
    .getByRole('link', { name: /^Move the appointment of Thu, 4 March 2027 14:00/ })
    .click();
  await page.getByRole('button', { name: /^Thu, 4 March 2027,/ }).click();
  await press(page, '14:15');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await page.getByText('You are expected: Thu, 4 March 2027 14:15.').waitFor();
  await page.context().close();
});

test('of two who want one time the other is shown times near it, and keeps what was typed', async () => {
  const pages = await Promise.all([open(), open()]);
  const numbers = ['010-9999-0002', '010-9999-0003'];
  await Promise.all(
    pages.map(async (page, i) => {
      await choose(page, { time: '11:00' });
      await memo(page).fill(`word ${i}`);
      await press(page, 'I am new here');
      await page.getByLabel('Name').fill(`Racer ${i}`);
      await page.getByLabel('Telephone').fill(numbers[i]);
      await page.getByLabel('Password').fill('correct horse');
      await press(page, 'Register and go on');
      await page.getByRole('button', { name: 'Book it' }).waitFor();
    }),
  );
  await Promise.all(pages.map((page) => press(page, 'Book it')));
  const outcomes = await Promise.all(
    pages.map((page) =>
      Promise.race([
        booked(page).then(() => 'booked'),
        page
          .getByText('The doctor already has an appointment at that time.')
          .waitFor()
          .then(() => 'taken'),
      ]),
    ),
  );
  assert.deepEqual([...outcomes].sort(), ['booked', 'taken']);
  assert.equal(standing('2027-03-04 11:00'), '1');
  const loser = outcomes.indexOf('taken');
  const page = pages[loser];
  assert.equal(await memo(page).inputValue(), `word ${loser}`);
  const near = page.getByRole('region', { name: 'Free times near it' }).getByRole('button');
  await near.first().waitFor();
  await assertAccessible(page, 'taken');
  assert.ok((await near.count()) >= 3);
  await near.filter({ hasText: '11:30' }).click();
  await page.getByText('Thu, 4 March 2027 11:30').waitFor();
  assert.equal(await memo(page).inputValue(), `word ${loser}`);
  await press(page, 'Book it');
  await booked(page);
  assert.equal(standing('2027-03-04 11:30'), '1');
  await Promise.all(pages.map((each) => each.context().close()));
});

test('a double click books once', async () => {
  const page = await open();
  await choose(page, { time: '13:00' });
  await memo(page).fill('twice');
  await logIn(page);
  const keys = new Set();
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/appointments'))
      keys.add(request.headers()['idempotency-key']);
  });
  // Both clicks come before the page has drawn anything anew.
  await page.getByRole('button', { name: 'Book it' }).evaluate((button) => {
    button.click();
    button.click();
  });
  await booked(page);
  assert.equal(hospital.sql("SELECT count(*) FROM appointment WHERE memo = 'twice'"), '1');
  assert.equal(keys.size, 1);
  assert.match([...keys][0], /^\w+$/);
  await page.context().close();
});

test('an answer that is lost books once, also after a reload', async () => {
  const page = await open();
  await choose(page, { time: '13:30' });
  await memo(page).fill('lost');
  await logIn(page);
  await page.getByRole('button', { name: 'Book it' }).waitFor();
  await loseAnswers(page, '**/appointments', 'POST');
  await press(page, 'Book it');
  await page.getByText('It is not known yet whether it is booked.').waitFor();
  assert.equal(await memo(page).inputValue(), 'lost');
  await page.unroute('**/appointments');
  await page.reload();
  assert.equal(await memo(page).inputValue(), 'lost');
  await press(page, 'Book it');
  await booked(page);
  assert.equal(hospital.sql("SELECT count(*) FROM appointment WHERE memo = 'lost'"), '1');
  await page.context().close();
});

test('whoever chooses another time after a lost answer is told that the first was booked', async () => {
  const page = await open();
  await choose(page, { time: '09:00' });
  await memo(page).fill('first');
  await logIn(page);
  await page.getByRole('button', { name: 'Book it' }).waitFor();
  await loseAnswers(page, '**/appointments', 'POST');
  await press(page, 'Book it');
  await page.getByText('It is not known yet whether it is booked.').waitFor();
  await assertAccessible(page, 'unknown');
  await page.unroute('**/appointments');
  await page.getByRole('link', { name: 'Choose again' }).click();
  await press(page, '09:30');
  await press(page, 'Book it');
  await page.getByText('went through: Thu, 4 March 2027 09:00, 김서연.').waitFor();
  await assertAccessible(page, 'booked before');
  assert.equal(standing('2027-03-04 09:30'), '0');
  await page.getByRole('link', { name: 'See that one' }).click();
  await booked(page);
  assert.equal(standing('2027-03-04 09:00'), '1');
  await page.context().close();
});

test('a move and a cancellation whose answers are lost happen once, and are known in the end', async () => {
  const page = await open();
  const id = await openOwn(page, '2027-03-10 10:00');
  await page.getByRole('link', { name: /^Move the appointment of Wed, 10 March/ }).click();
  await page.getByRole('button', { name: /^Thu, 11 March 2027,/ }).click();
  await press(page, '10:00');
  await loseAnswers(page, '**/appointments/*', 'PATCH');
  await press(page, 'Move');
  await page.getByText('It is not known yet whether it was done.').waitFor();
  await page.unroute('**/appointments/*');
  await press(page, 'Move');
  await page.getByText('You are expected: Thu, 11 March 2027 10:00.').waitFor();
  assert.equal(hospital.sql(`SELECT version FROM appointment WHERE id = ${id}`), '2');

  await page.getByRole('main').getByRole('link', { name: 'My appointments' }).click();
  await page.getByRole('button', { name: /^Cancel the appointment of Thu, 11 March/ }).click();
  await loseAnswers(page, '**/cancel', 'PATCH');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Cancel the appointment' }).click();
  await dialog.getByText('It is not known yet whether it was done.').waitFor();
  await page.unroute('**/cancel');
  await dialog.getByRole('button', { name: 'Cancel the appointment' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(statusOf(id), 'cancelled');
  await page.context().close();
});

test('what was refused once may be asked for again, and is not refused from memory', async () => {
  const page = await open();
  const id = await openOwn(page, '2027-03-10 14:00');
  hospital.sql('UPDATE hospital SET cancel_notice_minutes = 100000');
  await page.getByRole('button', { name: /^Cancel the appointment of Wed, 10 March/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Cancel the appointment' }).click();
  await dialog.getByRole('alert').getByText(/./).waitFor();
  assert.equal(statusOf(id), 'pending');
  hospital.sql('UPDATE hospital SET cancel_notice_minutes = 0');
  await dialog.getByRole('button', { name: 'Cancel the appointment' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(statusOf(id), 'cancelled');
  await page.context().close();
});

test('the way back leads to what was chosen, and not to booking again', async () => {
  const page = await open();
  await choose(page, { time: '15:00' });
  await page.goBack();
  await page.getByRole('heading', { name: 'Thu, 4 March 2027' }).waitFor();
  await press(page, '15:30');
  await memo(page).fill('back');
  await logIn(page);
  await press(page, 'Book it');
  await booked(page);
  await page.goBack();
  await page.getByRole('heading', { name: 'Book an appointment' }).waitFor();
  assert.equal(hospital.sql("SELECT count(*) FROM appointment WHERE memo = 'back'"), '1');
  await page.context().close();
});

test('a wrong password is said, and what was typed stays', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'My appointments' }).click();
  await logIn(page, { number: '010-2000-0001', secret: 'not the password' });
  await page.getByText('The login or the password is wrong.').waitFor();
  assert.equal(await page.getByLabel('Telephone').inputValue(), '010-2000-0001');
  await page.context().close();
});

test('a password manager fills in both fields at once', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'My appointments' }).click();
  await page.getByLabel('Telephone').waitFor();
  await page.evaluate(
    ([number, secret]) => {
      for (const [type, value] of [
        ['tel', number],
        ['password', secret],
      ]) {
        const input = document.querySelector(`form.login input[type=${type}]`);
        input.value = value;
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
    },
    [demo, password],
  );
  await page.locator('form.login button.main').click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
  await page.context().close();
});

test('a session that has expired asks to log in, and nothing is lost', async () => {
  const page = await open();
  await choose(page, { time: '16:00' });
  await memo(page).fill('expired');
  await logIn(page);
  await page.getByRole('button', { name: 'Book it' }).waitFor();
  await page.context().clearCookies();
  await press(page, 'Book it');
  await page.getByRole('dialog', { name: 'Your login has ended' }).waitFor();
  await assertAccessible(page, 'the login has ended');
  assert.equal(await page.getByLabel('Telephone').inputValue(), demo);
  await logIn(page);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await memo(page).inputValue(), 'expired');
  await press(page, 'Book it');
  await booked(page);
  await page.context().close();
});

test('a login that ends while moving asks to log in, and the time picked stays picked', async () => {
  const page = await open();
  const id = await openOwn(page, '2027-03-12 10:00');
  await page.getByRole('link', { name: /^Move the appointment of Fri, 12 March/ }).click();
  await page.getByRole('button', { name: /^Mon, 15 March 2027,/ }).click();
  await press(page, '10:30');
  await page.context().clearCookies();
  await press(page, 'Move');
  await page.getByRole('dialog').waitFor();
  await logIn(page);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await press(page, 'Move');
  await page.getByText('You are expected: Mon, 15 March 2027 10:30.').waitFor();
  assert.equal(statusOf(id), 'pending');
  await page.context().close();
});

test('a login that ended elsewhere does not keep anybody from looking', async () => {
  const page = await visit(browser, { viewport: phone, locale: 'en-GB' });
  const spoilt = (name, path) => ({
    name,
    value: 'spoilt.by.time',
    domain: 'localhost',
    path,
    httpOnly: true,
    sameSite: 'Strict',
  });
  await page
    .context()
    .addCookies([
      spoilt('patient_access', '/api/v1/patient'),
      spoilt('patient_refresh', '/api/v1/patient/auth/patient'),
    ]);
  await page.goto(hospital.url);
  await page.getByRole('radio', { name: '초진 상담' }).check();
  await page.getByRole('button', { name: /^The next free time/ }).waitFor();
  await page.getByRole('button', { name: /^Thu, 4 March 2027, \d+ starts free/ }).waitFor();
  assert.equal(await page.getByText('Please log in.').count(), 0);
  await page.context().close();
});

test('a registration whose answer is lost is told to log in', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'My appointments' }).click();
  await press(page, 'I am new here');
  await page.getByLabel('Name').fill('Lost');
  await page.getByLabel('Telephone').fill('010-9999-0010');
  await page.getByLabel('Password').fill('correct horse');
  await loseAnswers(page, '**/register', 'POST');
  await press(page, 'Register and go on');
  await page.getByText('The server cannot be reached.').waitFor();
  await page.unroute('**/register');
  await press(page, 'Register and go on');
  await page.getByText('This number has been registered. Please log in.').waitFor();
  await press(page, 'Log in');
  await page.locator('form.login button.main').click();
  await page.getByRole('heading', { name: 'To come' }).waitFor();
  await page.context().close();
});

test('until when an appointment may be changed is said, and after that nothing is offered', async () => {
  const page = await open();
  hospital.sql('UPDATE hospital SET cancel_notice_minutes = 1440');
  try {
    await page.reload();
    const id = await openOwn(page, '2027-03-16 10:00');
    await page.getByRole('button', { name: /^Cancel the appointment of Tue, 16 March/ }).waitFor();
    await page.goto(`${hospital.url}/#/booked/${id}`);
    await page.getByText('It can be moved or cancelled until Mon, 15 March 2027 10:00.').waitFor();
    hospital.sql(
      `UPDATE appointment SET during = '[2027-03-01 17:00, 2027-03-01 17:30)' WHERE id = ${id}`,
    );
    await page.goto(`${hospital.url}/#/mine`);
    await page.getByText('It can no longer be moved or cancelled here.').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Cancel the/ }).count(), 0);
    await page.goto(`${hospital.url}/#/booked/${id}`);
    await page.getByText('It can no longer be moved or cancelled here.').waitFor();
  } finally {
    hospital.sql('UPDATE hospital SET cancel_notice_minutes = 0');
  }
  await page.context().close();
});

test('an address that names no time or no appointment is no dead end', async () => {
  const page = await open();
  for (const place of ['book/1/1/soon', 'book/1/1/2027-13-41T10:00', 'book/0/0/0', 'book']) {
    await page.goto(`${hospital.url}/#/${place}`);
    await page.getByRole('main').getByRole('link', { name: 'Choose again' }).click();
    await page.getByRole('heading', { name: 'Book an appointment' }).waitFor();
  }
  await page.goto(`${hospital.url}/#/mine`);
  await logIn(page);
  await page.getByRole('heading', { name: 'To come' }).waitFor();
  for (const place of ['booked/999999', 'booked/none', 'move/999999']) {
    await page.goto(`${hospital.url}/#/${place}`);
    await page
      .getByRole('main')
      .getByRole('alert')
      .getByText(/cannot be/)
      .waitFor();
  }
  assertContent(page);
  await page.context().close();
});

test('an address that changes while the page is drawn for the first time is followed', async () => {
  const page = await visit(browser, { viewport: phone, locale: 'en-GB' });
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('h1')) return;
      observer.disconnect();
      location.hash = '#/mine';
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(hospital.url);
  await page.getByRole('heading', { name: 'My appointments' }).waitFor();
  await page.context().close();
});

test('an access token that has expired is renewed without a word', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'My appointments' }).click();
  await logIn(page);
  await page.getByRole('heading', { name: 'To come' }).waitFor();
  const cookies = await page.context().cookies(`${hospital.url}/api/v1/patient/auth`);
  const access = cookies.find(({ name }) => name === 'patient_access');
  assert.ok(access.httpOnly && access.sameSite === 'Strict');
  await page.context().addCookies([{ ...access, value: 'spoilt.by.time' }]);
  await page.reload();
  await page.getByRole('heading', { name: 'To come' }).waitFor();
  const seen = await page.evaluate(() =>
    JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
  );
  for (const { value } of cookies) assert.equal(seen.includes(value), false);

  const standing = () =>
    Number(hospital.sql('SELECT count(*) FROM login WHERE patient_id = 1 AND ended_at IS NULL'));
  const before = standing();
  await page.context().addCookies([{ ...access, value: 'spoilt.by.time' }]);
  await press(page, 'Log out');
  await page.getByLabel('Telephone').waitFor();
  assert.equal(standing(), before - 1);
  assert.equal((await page.context().cookies(`${hospital.url}/api/v1/patient/auth`)).length, 0);
  await page.context().close();
});

test('no network and no service are said, and trying again goes on', async () => {
  const page = await open();
  await choose(page, { time: '16:30' });
  await memo(page).fill('outage');
  await logIn(page);
  await page.getByRole('button', { name: 'Book it' }).waitFor();
  await hospital.order('gateway stop');
  await press(page, 'Book it');
  await page.getByText('The server cannot be reached.').waitFor();
  await hospital.order('gateway start');
  await hospital.order('pools stop');
  await press(page, 'Try again');
  await page.getByText('The service is unavailable for a moment.').waitFor();
  assert.equal(await memo(page).inputValue(), 'outage');
  await hospital.order('pools start');
  await press(page, 'Try again');
  await booked(page);
  assert.equal(hospital.sql("SELECT count(*) FROM appointment WHERE memo = 'outage'"), '1');
  await page.context().close();
});

test('own details and the password are changed', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'My appointments' }).click();
  await press(page, 'I am new here');
  await page.getByLabel('Name').fill('Mira');
  await page.getByLabel('Telephone').fill('12');
  await page.getByLabel('Password').fill('correct horse');
  await press(page, 'Register and go on');
  await page.getByText('Please write a telephone number in digits').waitFor();
  await page.getByLabel('Telephone').fill('010-9999-0009');
  await press(page, 'Register and go on');
  await page.getByRole('link', { name: 'My details' }).click();
  await page.getByLabel('Name').fill('Mira Kim');
  await page.getByLabel('New password').fill('battery staple');
  await page.getByLabel('Present password').fill('wrong horse');
  await press(page, 'Save');
  await page.getByText('This is not the present password.').waitFor();
  await page.getByLabel('Present password').fill('correct horse');
  await press(page, 'Save');
  await page.getByText('Saved.').waitFor();
  assert.equal(hospital.sql("SELECT name FROM patient WHERE phone = '01099990009'"), 'Mira Kim');
  await press(page, 'Log out');
  await logIn(page, { number: '010-9999-0009', secret: 'battery staple' });
  await page.getByRole('heading', { name: 'My details' }).waitFor();
  await page.context().close();
});

test('Korean comes first for a Korean browser, the switch is kept, and refusals are in the language', async () => {
  const page = await open({ locale: 'ko-KR' });
  await page.getByRole('heading', { name: '진료 예약' }).waitFor();
  await page.getByRole('link', { name: '내 예약' }).click();
  await page.getByLabel('전화번호').fill('010-2000-0002');
  await page.getByLabel('비밀번호').fill('not the password');
  await page.locator('form.login button.main').click();
  await page.getByText('아이디 또는 비밀번호가 맞지 않습니다.').waitFor();
  await press(page, 'English');
  await page.getByText('The login or the password is wrong.').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'My appointments' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  assert.match(await page.title(), /My appointments/);
  await page.context().close();
});

for (const [locale, card, day, words] of [
  [
    'ko-KR',
    '초진 상담',
    /^2027년 3월 9일/,
    { login: /^로그인$/, mine: '내 예약', cancel: /예약 취소$/ },
  ],
  [
    'en-GB',
    '초진 상담',
    /^Tue, 9 March/,
    { login: /^Log in$/, mine: 'My appointments', cancel: /^Cancel the appointment of/ },
  ],
]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page is accessible, ${locale}, ${colorScheme}`, async () => {
      const page = await open({ locale, colorScheme });
      const check = async (where) => {
        await assertAccessible(page, `${where} ${locale} ${colorScheme}`);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${where} is ${wider} pixels wider than the screen`);
      };
      await page.getByRole('radio', { name: card }).waitFor();
      await check('treatments');
      await page.getByRole('radio', { name: card }).check();
      await page.getByRole('button', { name: day }).click();
      await page.locator('.times li button').first().click();
      await page.locator('.who').waitFor();
      await check('times');
      await page.locator('.who button.main').click();
      await page.locator('form.login').waitFor();
      await check('confirmation');
      await page.locator('.tabs button').nth(1).click();
      await check('registration');
      await page.locator('.tabs button').nth(0).click();
      await page.locator('textarea').fill('axe');
      await page.locator('input[type=tel]').fill(demo);
      await page.locator('input[type=password]').fill(password);
      await page.locator('form.login button.main').click();
      await page.locator('form.actions button.main').click();
      await page.locator('.notice.good').waitFor();
      await check('booked');
      await page.locator('main').getByRole('link', { name: words.mine }).click();
      await page.getByRole('button', { name: words.cancel }).first().click();
      await page.getByRole('dialog').waitFor();
      await check('cancelling');
      await page.keyboard.press('Escape');
      await check('mine');
      await page.locator('.appointments a.button').first().click();
      await page.locator('.day').first().waitFor();
      await check('moving');
      await page.goto(`${hospital.url}/#/me`);
      await page.locator('form.paper').waitFor();
      await check('details');
      assertContent(page);
      await page.context().close();
    });
  }
}

test('the first load is small', async () => {
  const page = await visit(browser, { viewport: phone });
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  client.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(hospital.url, { waitUntil: 'networkidle' });
  await page.getByRole('radio', { name: '초진 상담' }).waitFor();
  assert.ok(bytes > 5_000 && bytes < 150 * 1024, `${bytes} bytes`);
  console.log(`patients' first load: ${Math.ceil(bytes / 1024)} KiB`);
  await page.context().close();
});
