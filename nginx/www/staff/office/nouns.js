// What the hospital is made of. A noun is one table: where it is asked for, what its columns show, what its
// form asks, and what its list may be narrowed to. catalogue.jsx makes the page of it.
//
//   columns  {name, show(row, known)}: how a cell reads; `known` is that of catalogue.jsx
//   fields   {name, type, ...}: an input of that type with those attributes; `read` makes the API's value of
//            what was typed, which is left out where it gives undefined; `write` the other way round
//   filters  {name, ...} as fields; what they give goes into the query
//   prepare  what else the API wants to know, from what was read
import { addDays, dateOf, showDate, showWeekday, showWon } from '../../shared/time.js';
import { t } from './words.js';

const text = { type: 'text', read: (typed) => typed.trim(), write: (value) => value ?? '' };
const number = { type: 'number', read: Number, write: String };
const date = { type: 'date', read: (typed) => typed, write: (value) => value };
const choice = { type: 'select', read: (chosen) => chosen, write: (value) => value };

const textOrNothing = { ...text, read: (typed) => typed.trim() || null };
const numberOrNothing = {
  ...choice,
  read: (chosen) => (chosen === '' ? null : Number(chosen)),
  write: (value) => (value === null ? '' : String(value)),
};

const active = {
  name: 'is_active',
  type: 'checkbox',
  read: (on) => on,
  write: (on) => on,
  first: true,
};
const activeColumn = {
  name: 'is_active',
  show: ({ is_active: on }) => (on ? t('active') : t('hidden')),
};
const activeFilter = {
  name: 'is_active',
  ...choice,
  first: 'true',
  options: () => [
    ['true', t('active')],
    ['false', t('hidden')],
    ['', t('all')],
  ],
};

// 2027-03-01 is a Monday.
const weekdayName = (day) => showWeekday(addDays('2027-02-28', day), 'long');
const weekdays = () => [1, 2, 3, 4, 5, 6, 7].map((day) => [String(day), weekdayName(day)]);
const everyDay = () => [['', t('every day')], ...weekdays()];
export const dayName = (day) => (day === null ? t('every day') : weekdayName(day));

const halfHour = (index) =>
  `${String(Math.floor(index / 2)).padStart(2, '0')}:${index % 2 ? '30' : '00'}`;
const halfHours = () => Array.from({ length: 48 }, (_, i) => [halfHour(i), halfHour(i)]);
const halfHourAfter = (time) =>
  halfHour(1 + Number(time.slice(0, 2)) * 2 + (time.slice(3) === '30' ? 1 : 0));
export const slotTitle = (time, day) => `${dayName(day)} ${time}–${halfHourAfter(time)}`;

const doctorOptions = (nobody) => (known) => [
  ['', nobody()],
  ...[...known.doctors].map(([id, name]) => [String(id), name]),
];

const departments = ({ departments: names }) => names.map((name) => [name, name]);

const roles = () => ['viewer', 'desk', 'admin'].map((role) => [role, t(role)]);

export const doctors = {
  name: 'doctors',
  address: '/doctors',
  columns: [
    { name: 'name', show: ({ name }) => name },
    { name: 'department', show: ({ department }) => department },
    activeColumn,
  ],
  fields: [
    { name: 'name', ...text, required: true, maxLength: 100 },
    { name: 'department', ...text, required: true, maxLength: 100, options: departments },
    active,
  ],
  filters: [
    activeFilter,
    {
      name: 'department',
      ...choice,
      first: '',
      options: (known) => [['', t('all')], ...departments(known)],
    },
  ],
};

export const treatments = {
  name: 'treatments',
  address: '/treatments',
  columns: [
    { name: 'name', show: ({ name }) => name },
    { name: 'duration_minutes', show: (row) => t('minutes', { count: row.duration_minutes }) },
    { name: 'price', show: ({ price }) => showWon(price) },
    { name: 'description', prose: true, show: ({ description }) => description },
    activeColumn,
  ],
  fields: [
    { name: 'name', ...text, required: true, maxLength: 100 },
    {
      name: 'duration_minutes',
      ...number,
      required: true,
      min: 30,
      max: 1440,
      step: 15,
      first: 30,
    },
    { name: 'price', ...number, required: true, min: 0, first: 0 },
    { name: 'description', ...textOrNothing, type: 'textarea', maxLength: 2000 },
    active,
  ],
  filters: [activeFilter],
};

export const slots = {
  name: 'slots',
  address: '/hospital-slots',
  isWeek: true, // and no list: week.jsx shows it
  columns: [{ name: 'start_time', show: (row) => slotTitle(row.start_time, row.day_of_week) }],
  fields: [
    { name: 'day_of_week', ...numberOrNothing, options: everyDay, first: null },
    { name: 'start_time', ...choice, options: halfHours, first: '09:00' },
    { name: 'max_capacity', ...number, required: true, min: 1, max: 100_000, first: 4 },
    active,
  ],
  prepare: (slot) => ({ ...slot, end_time: halfHourAfter(slot.start_time) }),
  filters: [],
};

export const closures = {
  name: 'closures',
  address: '/closures',
  columns: [
    { name: 'from', show: ({ from }) => showDate(from) },
    { name: 'to', show: ({ to }) => showDate(to) },
    {
      name: 'doctor_id',
      show: ({ doctor_id: id }, { doctors: names }) =>
        id === null ? t('whole hospital') : (names.get(id) ?? `#${id}`),
    },
    { name: 'reason', prose: true, show: ({ reason }) => reason },
  ],
  fields: [
    { name: 'from', ...date, required: true, first: (now) => dateOf(now) },
    { name: 'to', ...date, required: true, first: (now) => dateOf(now) },
    {
      name: 'doctor_id',
      ...numberOrNothing,
      first: null,
      options: doctorOptions(() => t('whole hospital')),
    },
    { name: 'reason', ...textOrNothing, maxLength: 500 },
  ],
  filters: [
    { name: 'from', ...date, first: (now) => dateOf(now) },
    { name: 'doctor_id', ...choice, first: '', options: doctorOptions(() => t('all')) },
  ],
  isRemoved: true, // and not hidden: it can neither be changed nor brought back
};

export const staff = {
  name: 'staff',
  address: '/staff',
  columns: [
    { name: 'name', show: ({ name }) => name },
    { name: 'email', show: ({ email }) => email },
    { name: 'role', show: ({ role }) => t(role) },
    activeColumn,
  ],
  fields: [
    { name: 'name', ...text, required: true, maxLength: 100 },
    { name: 'email', ...text, type: 'email', required: true, maxLength: 254 },
    { name: 'role', ...choice, options: roles, first: 'viewer' },
    {
      name: 'password',
      type: 'password',
      autocomplete: 'new-password',
      minLength: 8,
      maxLength: 128,
      requiredAtFirst: true,
      read: (typed) => typed || undefined,
      write: () => '',
    },
    active,
  ],
  filters: [
    activeFilter,
    { name: 'role', ...choice, first: '', options: () => [['', t('all')], ...roles()] },
  ],
};
