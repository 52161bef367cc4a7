// A day's starts for a doctor and a treatment: those that are free, and the others, which the server may
// still take with a reason where only the room is missing.

import { sentence } from '../../shared/problems.js';
import { dateOf, timeOf } from '../../shared/time.js';
import { Field, useLoaded } from '../../shared/ui.jsx';
import { api } from '../session.js';
import { t } from './words.js';

// asked: {doctor_id, treatment_id, date, patient_id, moving}
function useTimes({ doctor_id: doctor, ...asked }) {
  const isAsked = doctor && asked.treatment_id && asked.date;
  const query = { ...asked, explain: true };
  return useLoaded(
    async () =>
      isAsked ? (await api.look(`/availability/${doctor}/availability`, query)).body : undefined,
    [doctor, JSON.stringify(asked)],
  );
}

export function TimeField({ asked, value, error, onValue }) {
  const { data, refusal } = useTimes(asked);
  const free = data?.times ?? [];
  const others = data?.refused ?? [];
  const isUnlisted = value && !free.includes(value) && !others.some(({ time }) => time === value);
  return (
    <Field
      label={t('time')}
      required
      error={error}
      hint={
        refusal ? sentence(refusal) : data && free.length === 0 ? t('no free start') : undefined
      }
      onChange={(event) => onValue(event.target.value)}
    >
      {(attributes) => (
        <select {...attributes}>
          <option value="" selected={!value}>
            {t('choose')}
          </option>
          {isUnlisted && (
            <option value={value} selected>
              {value}
            </option>
          )}
          <Group label={t('free times')} times={free.map((time) => [time, time])} value={value} />
          <Group
            label={t('other times')}
            times={others.map(({ time, code }) => [time, `${time} · ${sentence({ code })}`])}
            value={value}
          />
        </select>
      )}
    </Field>
  );
}

function Group({ label, times, value }) {
  if (times.length === 0) return null;
  return (
    <optgroup label={label}>
      {times.map(([time, text]) => (
        <option key={time} value={time} selected={time === value}>
          {text}
        </option>
      ))}
    </optgroup>
  );
}

// What a form of a booking or a move holds of an instant.
export const partsOf = (instant) => ({ date: dateOf(instant), time: timeOf(instant) });
