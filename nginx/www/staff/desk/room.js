// How full the half-hours of a day are.
import { dateOf, timeOf, weekday } from '../../shared/time.js';

export const minutesOf = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const twoDigits = (number) => String(number).padStart(2, '0');
export const clockOf = (minutes) =>
  `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;

// Every so many minutes from one time of day to before another.
export function timesBetween(from, to, step) {
  const count = Math.max(0, Math.ceil((minutesOf(to) - minutesOf(from)) / step));
  return Array.from({ length: count }, (_, i) => clockOf(minutesOf(from) + i * step));
}

// A row for the weekday replaces the one of every day; a hidden one takes nobody.
function capacities(slots, date) {
  const rows = new Map();
  for (const slot of slots.filter((slot) => slot.day_of_week === null))
    rows.set(slot.start_time, slot);
  for (const slot of slots.filter((slot) => slot.day_of_week === weekday(date)))
    rows.set(slot.start_time, slot);
  return new Map(
    [...rows]
      .filter(([, slot]) => slot.is_active)
      .map(([time, slot]) => [time.slice(0, 5), slot.max_capacity]),
  );
}

// The half-hours that an appointment touches: 10:15 to 10:45 touches 10:00 and 10:30.
function halfHoursOf({ start_time: start, end_time: end }) {
  const first = Math.floor(minutesOf(timeOf(start)) / 30) * 30;
  const last = dateOf(end) === dateOf(start) ? timeOf(end) : '24:00';
  return timesBetween(clockOf(first), last, 30);
}

// [{time, booked, capacity}] of the day in order; capacity 0 where somebody is booked without a slot.
export function roomOf(slots, appointments, date) {
  const capacity = capacities(slots, date);
  const booked = new Map();
  for (const appointment of appointments) {
    if (appointment.status === 'cancelled' || dateOf(appointment.start_time) !== date) continue;
    for (const time of halfHoursOf(appointment)) booked.set(time, (booked.get(time) ?? 0) + 1);
  }
  return [...new Set([...capacity.keys(), ...booked.keys()])].sort().map((time) => ({
    time,
    booked: booked.get(time) ?? 0,
    capacity: capacity.get(time) ?? 0,
  }));
}

export const isFull = ({ booked, capacity }) => booked >= capacity;

export function totalOf(room) {
  return room.reduce(
    (sum, { booked, capacity }) => ({
      booked: sum.booked + booked,
      capacity: sum.capacity + capacity,
    }),
    { booked: 0, capacity: 0 },
  );
}
