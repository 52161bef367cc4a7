// The calendar itself, by @event-calendar/core. It knows nothing of time zones: it is given the
// hospital's wall clock, and gives it back.
import {
  createCalendar,
  destroyCalendar,
  Interaction,
  ResourceTimeGrid,
} from '@event-calendar/core';
import { useEffect, useRef } from 'preact/hooks';
import { language } from '../../shared/language.js';
import { addDays, showDay, showTime } from '../../shared/time.js';
import { may } from '../session.js';
import { clockOf, minutesOf } from './room.js';
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

// An appointment as it is read, and as it is read out.
function contentOf({ event }) {
  const { appointment } = event.extendedProps;
  if (!appointment) return event.title;
  const text = document.createElement('span');
  text.textContent = `${showTime(appointment.start_time)} ${appointment.patient.name} · ${appointment.treatment.name}`;
  return { domNodes: [text] };
}

function nameEvent({ event, el }) {
  const { appointment } = event.extendedProps;
  if (!appointment) return;
  el.setAttribute('role', 'button');
  el.setAttribute(
    'aria-label',
    t('event', {
      time: `${showDay(appointment.start_time)} ${showTime(appointment.start_time)}`,
      patient: `${appointment.patient.name} · ${appointment.treatment.name}`,
      doctor: appointment.doctor.name,
      status: t(appointment.status),
    }),
  );
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

export function Grid(given) {
  const { view, from, hospital, doctors, appointments, closures } = given;
  const box = useRef();
  const calendar = useRef();
  const newest = useRef(given); // for what is called later
  newest.current = given;
  const shown = appointments.filter(({ status }) => status !== 'cancelled');
  const dates = Array.from({ length: dayLength[view].days }, (_, i) => addDays(from, i));
  const [opens, closes] = hoursOf(hospital, shown);

  useEffect(() => {
    const place = ({ date, resource }) => ({
      doctor_id: Number(resource.id),
      start: wallClock(date),
    });
    calendar.current = createCalendar(box.current, [ResourceTimeGrid, Interaction], {
      view: view === 'day' ? 'resourceTimeGridDay' : 'resourceTimeGridWeek',
      duration: dayLength[view],
      date: from,
      firstDay: 1,
      datesAboveResources: true,
      resources: doctors.map(({ id, name }) => ({ id, title: name })),
      headerToolbar: { start: '', center: '', end: '' },
      locale: language.value,
      allDaySlot: false,
      nowIndicator: false,
      highlightedDates: [],
      slotDuration: '00:15',
      slotLabelInterval: '00:30',
      slotLabelFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
      slotMinTime: opens,
      slotMaxTime: closes,
      slotHeight: 18,
      columnWidth: view === 'day' ? 'minmax(7rem, 1fr)' : '7rem',
      dayHeaderFormat: { weekday: 'short', day: 'numeric', month: 'short' },
      eventDurationEditable: false,
      eventStartEditable: true,
      snapDuration: '00:15',
      eventContent: contentOf,
      eventDidMount: nameEvent,
      eventClick: ({ event }) => {
        const { appointment } = event.extendedProps;
        if (appointment) newest.current.onOpen(appointment.id);
      },
      dateClick: (click) => {
        if (may('desk') && click.resource) newest.current.onPlace(place(click));
      },
      eventDrop: ({ event, revert }) => {
        const { appointment } = event.extendedProps;
        const to = { doctor_id: Number(event.resourceIds[0]), start_time: wallClock(event.start) };
        newest.current.onDrop(appointment, to, revert);
      },
    });
    const element = box.current;
    const follow = new MutationObserver(() => dropTable(element));
    follow.observe(element, { subtree: true, childList: true, attributes: true });
    dropTable(element);
    return () => {
      follow.disconnect();
      destroyCalendar(calendar.current);
    };
  }, [
    view,
    from,
    opens,
    closes,
    language.value,
    JSON.stringify(doctors.map(({ id, name }) => [id, name])),
  ]);

  useEffect(() => {
    calendar.current.setOption('events', [
      ...shown.map(eventOf),
      ...shadesOf({ hospital, doctors, closures, dates }),
    ]);
  });

  return <div ref={box} class={`grid ${view}`} />;
}
