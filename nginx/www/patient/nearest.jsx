// When a time has just been taken: the free ones that are nearest to it.
import { addDays, dateOf, showMoment } from '../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../shared/ui.jsx';
import { api } from './session.js';
import { t } from './words.js';

const places = [
  'doctor_busy',
  'slot_full',
  'patient_busy',
  'closed',
  'doctor_away',
  'no_slot',
  'outside_hours',
  'lunch_time',
  'in_the_past',
  'too_soon',
];

// Whether another time would do.
export const isTaken = ({ code }) => places.includes(code);

const shown = 6;

// Instants are the hospital's wall clock, so that they can be compared as if they were Greenwich's.
const minutes = (instant) => Date.parse(`${instant.slice(0, 16)}Z`) / 60_000;

async function loadNearest(asked, start, today) {
  const day = dateOf(start);
  const before = addDays(day, -3);
  const from = before > today ? before : today;
  const { items } = await api.get('/availability', { ...asked, from, to: addDays(day, 14) });
  const distance = ({ start_time: other }) => Math.abs(minutes(other) - minutes(start));
  const seen = new Set();
  return items
    .sort((a, b) => distance(a) - distance(b))
    .filter(({ start_time: other }) => !seen.has(other) && seen.add(other))
    .slice(0, shown)
    .sort((a, b) => minutes(a.start_time) - minutes(b.start_time));
}

export function Nearest({ offer, asked, start, onPick }) {
  const {
    data: items,
    refusal,
    reload,
  } = useLoaded(
    () => loadNearest(asked, start, dateOf(offer.hospital.now)),
    [JSON.stringify(asked), start],
  );
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  if (!items) return <Loading />;
  return (
    <section class="paper" aria-labelledby="nearest">
      <h2 id="nearest">{t('nearest')}</h2>
      {items.length === 0 && <p class="hint">{t('none soon')}</p>}
      <ul class="nearest">
        {items.map((item) => (
          <li key={item.start_time}>
            <button type="button" onClick={() => onPick(item)}>
              {showMoment(item.start_time)} ·{' '}
              {offer.doctors.find(({ id }) => id === item.doctor_id)?.name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
