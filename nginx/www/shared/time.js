// Times as the hospital's wall clock shows them. The API sends them with the hospital's offset, and
// the browser may be anywhere: so they are never turned into the browser's own time. A date is
// '2027-03-02', an instant '2027-03-02T10:15:00+09:00'.
import { language } from './language.js';

const locales = { ko: 'ko-KR', en: 'en-GB' };

const dateOf = (instant) => instant.slice(0, 10);
const timeOf = (instant) => instant.slice(11, 16);

// As if the hospital stood in Greenwich: so that Intl shows the same clock.
const asUtc = (instant) => new Date(`${dateOf(instant)}T${timeOf(instant) || '00:00'}Z`);

function shown(instant, options) {
  return new Intl.DateTimeFormat(locales[language.value], { timeZone: 'UTC', ...options }).format(
    asUtc(instant),
  );
}

const day = { weekday: 'short', day: 'numeric', month: 'long' };
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

const showDate = (date) => shown(date, { ...day, year: 'numeric' });
const showDay = (date) => shown(date, day);
const showTime = (instant) => shown(instant, clock);
const showMoment = (instant) => `${showDate(instant)} ${showTime(instant)}`;
const showMonth = (date) => shown(date, { month: 'long', year: 'numeric' });
const showWeekday = (date, width = 'short') => shown(date, { weekday: width });

function addDays(date, days) {
  const moved = asUtc(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

// The first day of the month that is so many months after the date's own.
function addMonths(date, months) {
  const first = new Date(
    Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1 + months, 1),
  );
  return first.toISOString().slice(0, 10);
}

const startOfMonth = (date) => `${date.slice(0, 7)}-01`;
const endOfMonth = (date) => addDays(addMonths(date, 1), -1);
const weekday = (date) => asUtc(date).getUTCDay() || 7; // ISO: Monday is 1
const startOfWeek = (date) => addDays(date, 1 - weekday(date));
const daysBetween = (from, to) => Math.round((asUtc(to) - asUtc(from)) / 86_400_000);

// The instant so many minutes before, on the same clock.
const minutesBefore = (instant, minutes) =>
  new Date(asUtc(instant) - minutes * 60_000).toISOString().slice(0, 16);

// Whether it is a moment at all: what stands in an address may be anything.
const isMoment = (text) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) && !Number.isNaN(asUtc(text).getTime());

// What the clock in a zone shows now, as an instant without an offset.
function nowIn(zone) {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(new Date());
  return parts.replace(' ', 'T');
}

const showWon = (won) => {
  const number = new Intl.NumberFormat(locales[language.value]).format(won);
  return language.value === 'ko' ? `${number}원` : `KRW ${number}`;
};

// '01012345678' as people write it.
const showPhone = (phone) =>
  /^0\d{8,10}$/.test(phone) ? phone.replace(/^(02|0\d\d)(\d{3,4})(\d{4})$/, '$1-$2-$3') : phone;

export {
  addDays,
  addMonths,
  dateOf,
  daysBetween,
  endOfMonth,
  isMoment,
  minutesBefore,
  nowIn,
  showDate,
  showDay,
  showMoment,
  showMonth,
  showPhone,
  showTime,
  showWeekday,
  showWon,
  startOfMonth,
  startOfWeek,
  timeOf,
  weekday,
};
