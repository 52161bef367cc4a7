// How full the half-hours of a day are, one beside the other.
import { showDay } from '../../shared/time.js';
import { isFull, roomOf, totalOf } from './room.js';
import { t } from './words.js';

export function Room({ slots, appointments, date }) {
  const room = roomOf(slots, appointments, date);
  if (room.length === 0) return <p class="hint">{t('no slots')}</p>;
  return (
    <ul class="room" aria-label={t('room')}>
      {room.map((slot) => (
        <li key={slot.time} class={isFull(slot) ? 'full' : ''}>
          <span aria-hidden="true">{slot.time}</span>
          <strong aria-hidden="true">
            {slot.booked}/{slot.capacity}
          </strong>
          <span class="unseen">{t('of room', slot)}</span>
        </li>
      ))}
    </ul>
  );
}

export function WeekRoom({ slots, appointments, dates }) {
  return (
    <ul class="room" aria-label={t('room')}>
      {dates.map((date) => {
        const total = totalOf(roomOf(slots, appointments, date));
        return (
          <li key={date} class={total.capacity > 0 && isFull(total) ? 'full' : ''}>
            <span aria-hidden="true">{showDay(date)}</span>
            <strong aria-hidden="true">
              {total.booked}/{total.capacity}
            </strong>
            <span class="unseen">{t('day room', { day: showDay(date), ...total })}</span>
          </li>
        );
      })}
    </ul>
  );
}
