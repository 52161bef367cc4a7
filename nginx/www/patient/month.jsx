// A month: each day with how many starts it has, if any.
import { useState } from 'preact/hooks';
import {
  addDays,
  addMonths,
  dateOf,
  endOfMonth,
  showDate,
  showMonth,
  showWeekday,
  startOfMonth,
  startOfWeek,
} from '../shared/time.js';
import { LoadRefused, useLoaded } from '../shared/ui.jsx';
import { api, me } from './session.js';
import { t } from './words.js';

function weeksOf(month) {
  const weeks = [];
  for (let week = startOfWeek(month); week <= endOfMonth(month); week = addDays(week, 7)) {
    weeks.push([0, 1, 2, 3, 4, 5, 6].map((day) => addDays(week, day)));
  }
  return weeks;
}

const later = (a, b) => (a > b ? a : b);
const earlier = (a, b) => (a < b ? a : b);

export function Month({ hospital, asked, day, onDay }) {
  const today = dateOf(hospital.now);
  const last = addDays(today, hospital.max_days_ahead);
  const [month, setMonth] = useState(startOfMonth(later(day, today)));
  const from = later(month, today);
  const to = earlier(endOfMonth(month), last);
  const {
    data: days,
    refusal,
    reload,
  } = useLoaded(
    async () => (await api.look('/availability/days', { ...asked, from, to })).body.items,
    [JSON.stringify(asked), month, me.value?.id],
    30_000,
  );
  const roomOf = new Map((days ?? []).map(({ date, count }) => [date, count]));
  return (
    <div class="month">
      <div class="turn">
        <button
          type="button"
          aria-label={t('month before')}
          disabled={month <= startOfMonth(today)}
          onClick={() => setMonth(addMonths(month, -1))}
        >
          ‹
        </button>
        <h3 aria-live="polite">{showMonth(month)}</h3>
        <button
          type="button"
          aria-label={t('month after')}
          disabled={addMonths(month, 1) > last}
          onClick={() => setMonth(addMonths(month, 1))}
        >
          ›
        </button>
      </div>
      <LoadRefused refusal={refusal} onAgain={reload} />
      <table aria-label={showMonth(month)} aria-busy={days === undefined}>
        <thead>
          <tr>
            {weeksOf(month)[0].map((date) => (
              <th key={date} scope="col">
                {showWeekday(date)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week) => (
            <tr key={week[0]}>
              {week.map((date) => (
                <td key={date}>
                  {date.slice(0, 7) === month.slice(0, 7) && (
                    <Day
                      date={date}
                      room={roomOf.get(date) ?? 0}
                      isChosen={date === day}
                      isToday={date === today}
                      onDay={onDay}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Day({ date, room, isChosen, isToday, onDay }) {
  const label = t(room ? 'day with room' : 'day without room', {
    day: showDate(date),
    count: room,
  });
  return (
    <button
      type="button"
      class={isToday ? 'day today' : 'day'}
      disabled={!room}
      aria-pressed={isChosen}
      onClick={() => onDay(date)}
    >
      <span class="unseen">{label}</span>
      <span aria-hidden="true" class="date">
        {Number(date.slice(8))}
      </span>
      <span aria-hidden="true" class="room">
        {room || ' '}
      </span>
    </button>
  );
}
