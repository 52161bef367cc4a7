// The calendar itself, by @event-calendar/core. It knows nothing of time zones: it is given the
// hospital's wall clock, and gives it back.
import {
  createCalendar,
  destroyCalendar,
  Interaction,
  ResourceTimeGrid,
} from '@event-calendar/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { language } from '../../shared/language.js';
import { addDays, showDay, showTime } from '../../shared/time.js';
import { may } from '../session.js';
import { clockOf, isFull, minutesOf, roomOf, timesBetween } from './room.js';
import { isExpected } from './status.js';
import { t } from './words.js';

const dayLength = { day: { days: 1 }, week: { days: 7 } };

const local = (instant) => instant.slice(0, 19);
const twoDigits = (number) => String(number).padStart(2, '0');
const wallClock = (date) =>
  `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}` +
  `T${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;

function eventOf(appointment) {
  const { id, doctor, status, start_time: start, end_time: end } = appointment;
  return {
    id: `appointment ${id}`,
    resourceIds: [doctor.id],
    start: local(start),
    end: local(end),
    startEditable: may('desk') && (isExpected(appointment) || status === 'arrived'),
    classNames: ['appointment', status],
    extendedProps: { appointment },
  };
}

const shade = (id, resourceIds, start, end, className, title) => ({
  id,
  resourceIds,
  start,
  end,
  title,
  display: 'background',
  classNames: [className],
});

// Half-hours in which nobody is taken, or nobody more, other than over lunch.
function roomShades({ hospital, slots, appointments, dates, everybody, hours: [opens, closes] }) {
  const isLunch = (time) => time >= hospital.lunch_start && time < hospital.lunch_end;
  return dates.flatMap((date) => {
    const room = new Map(roomOf(slots, appointments, date).map((slot) => [slot.time, slot]));
    const halfHours = timesBetween(opens, closes, 30).filter((time) => !isLunch(time));
    return halfHours
      .filter((time) => !room.get(time)?.capacity || isFull(room.get(time)))
      .map((time) =>
        shade(
          `room ${date} ${time}`,
          everybody,
          `${date}T${time}`,
          `${date}T${clockOf(minutesOf(time) + 30)}`,
          room.get(time)?.capacity ? 'full' : 'none',
          '',
        ),
      );
  });
}

// Lunch, the days the hospital is closed, and the doctors who are away.
function shadesOf({ hospital, doctors, closures, dates }) {
  const everybody = doctors.map(({ id }) => id);
  const lunch = dates
    .filter(() => hospital.lunch_start < hospital.lunch_end)
    .map((date) =>
      shade(
        `lunch ${date}`,
        everybody,
        `${date}T${hospital.lunch_start}`,
        `${date}T${hospital.lunch_end}`,
        'lunch',
        t('lunch'),
      ),
    );
  const closed = closures.flatMap(({ id, from, to, doctor_id: doctor, reason }) =>
    dates
      .filter((date) => date >= from && date <= to)
      .map((date) => {
        const what = t(doctor === null ? 'closed' : 'away');
        return shade(
          `closure ${id} ${date}`,
          doctor === null ? everybody : [doctor],
          `${date}T00:00`,
          `${addDays(date, 1)}T00:00`,
          'closed',
          reason ? t('with reason', { what, reason }) : what,
        );
      }),
  );
  return [...lunch, ...closed];
}

function span(text, className = '') {
  const element = document.createElement('span');
  element.textContent = text;
  element.className = className;
  return element;
}

// An appointment as it is read, and what is read out with it.
function contentOf({ event }) {
  const { appointment } = event.extendedProps;
  if (!appointment) return event.title;
  const { start_time: start, patient, treatment, doctor, status } = appointment;
  const text = `${showTime(start)} ${patient.name} · ${treatment.name}`;
  const more = [doctor.name, showDay(start), t(status)].join(', ');
  return { domNodes: [span(text), span(`, ${more}`, 'unseen')] };
}

// A half-hour beside the columns, with how full it is.
function labelOf(room) {
  return (date) => {
    const time = wallClock(date).slice(11);
    const slot = room.find((one) => one.time === time);
    const nodes = [span(time)];
    if (slot) nodes.push(span(`${slot.booked}/${slot.capacity}`, isFull(slot) ? 'of full' : 'of'));
    return { domNodes: nodes };
  };
}

// It calls its columns and rows a table, and not as a table would have to be: whoever listens is better off with
// the appointments alone, each of which says when and with whom it is.
function dropTable(box) {
  for (const element of box.querySelectorAll(':not(.appointment)')) {
    for (const name of element.getAttributeNames()) {
      if (name === 'role' || name.startsWith('aria-')) element.removeAttribute(name);
    }
  }
}

const hoursOf = ({ opens_at: opens, closes_at: closes }, appointments) => {
  const starts = appointments.map(({ start_time: start }) => start.slice(11, 16));
  const ends = appointments.map(({ end_time: end }) => end.slice(11, 16));
  const first = [opens, ...starts].sort()[0];
  const last = [closes, ...ends].sort().at(-1);
  return [
    clockOf(Math.floor(minutesOf(first) / 30) * 30),
    clockOf(Math.ceil(minutesOf(last) / 30) * 30),
  ];
};

// While an appointment is dragged, and until the drop is settled, the calendar is left as the hand has it.
function useHeld(onDrop) {
  const [isHeld, setHeld] = useState(false);
  const settle = async ({ event, revert }) => {
    const { appointment } = event.extendedProps;
    const to = { doctor_id: Number(event.resourceIds[0]), start_time: wallClock(event.start) };
    setHeld(true);
    await onDrop(appointment, to, revert);
    setHeld(false);
  };
  return { isHeld, take: () => setHeld(true), leave: () => setHeld(false), settle };
}

const columnWidths = { day: 'minmax(6rem, 1fr)', week: 'minmax(5.5rem, 1fr)' };

// What changes with the place only; the rest is set when it changes.
function optionsOf({ view, from, doctors, hours: [opens, closes] }) {
  return {
    view: view === 'day' ? 'resourceTimeGridDay' : 'resourceTimeGridWeek',
    duration: dayLength[view],
    date: from,
    firstDay: 1,
    datesAboveResources: true,
    resources: doctors.map(({ id, name }) => ({ id, title: name })),
    headerToolbar: { start: '', center: '', end: '' },
    locale: language.value,
    allDaySlot: false,
    slotDuration: '00:30',
    slotLabelInterval: '00:00',
    snapDuration: '00:15',
    slotMinTime: opens,
    slotMaxTime: closes,
    slotHeight: 36,
    columnWidth: columnWidths[view],
    dayHeaderFormat: (date) => showDay(wallClock(date)),
    eventDurationEditable: false,
    eventStartEditable: true,
    eventContent: contentOf,
  };
}

export function Grid(given) {
  const { view, from, hospital, doctors, slots, appointments, closures } = given;
  const box = useRef();
  const calendar = useRef();
  const held = useHeld(given.onDrop);
  const newest = useRef();
  newest.current = { ...given, held }; // for what is called later
  const shown = appointments.filter(({ status }) => status !== 'cancelled');
  const dates = Array.from({ length: dayLength[view].days }, (_, i) => addDays(from, i));
  const hours = hoursOf(hospital, shown);
  const place = [view, from, hours, language.value, doctors.map(({ id, name }) => [id, name])];

  useEffect(() => {
    calendar.current = createCalendar(box.current, [ResourceTimeGrid, Interaction], {
      ...optionsOf({ view, from, doctors, hours }),
      eventClick: ({ event }) => {
        const { appointment } = event.extendedProps;
        if (appointment) newest.current.onOpen(appointment.id);
      },
      dateClick: ({ date, resource }) => {
        const wish = { doctor_id: Number(resource.id), start: wallClock(date) };
        if (may('desk')) newest.current.onPlace(wish);
      },
      eventDragStart: () => newest.current.held.take(),
      eventDragStop: () => newest.current.held.leave(),
      eventDrop: (drop) => newest.current.held.settle(drop),
    });
    const element = box.current;
    const follow = new MutationObserver(() => dropTable(element));
    follow.observe(element, { subtree: true, childList: true, attributes: true });
    dropTable(element);
    return () => {
      follow.disconnect();
      destroyCalendar(calendar.current);
    };
  }, [JSON.stringify(place)]);

  const known = JSON.stringify([
    place,
    shown,
    closures,
    slots,
    hospital.lunch_start,
    hospital.lunch_end,
  ]);
  useEffect(() => {
    if (held.isHeld) return;
    const everybody = doctors.map(({ id }) => id);
    const room = view === 'day' ? roomOf(slots, shown, from) : [];
    calendar.current.setOption('slotLabelFormat', labelOf(room));
    calendar.current.setOption('events', [
      ...shown.map(eventOf),
      ...shadesOf({ hospital, doctors, closures, dates }),
      ...roomShades({ hospital, slots, appointments: shown, dates, everybody, hours }),
    ]);
  }, [known, held.isHeld]);

  return <div ref={box} class={`grid ${view}`} />;
}
