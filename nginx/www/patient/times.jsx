// The free starts of a day. Where several doctors are free at a time, the visitor may choose among them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { showDate, showTime } from '../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../shared/ui.jsx';
import { api, me } from './session.js';
import { t } from './words.js';

function byTime(items) {
  const times = new Map();
  for (const item of items)
    times.set(item.start_time, [...(times.get(item.start_time) ?? []), item]);
  return [...times];
}

// `isPicked`: the day has just been picked, so that its times are brought into view.
export function Times({ offer, asked, day, isPicked, onPick }) {
  const place = useRef();
  const [open, setOpen] = useState(null);
  const {
    data: items,
    refusal,
    reload,
  } = useLoaded(
    async () => (await api.look('/availability', { ...asked, from: day, to: day })).body.items,
    [JSON.stringify(asked), day, me.value?.id],
    15_000,
  );
  const isHere = items !== undefined;
  useEffect(() => {
    if (isPicked && isHere) place.current.scrollIntoView({ block: 'nearest' });
  }, [isPicked, isHere]);
  const times = byTime(items ?? []);
  const free = times.find(([start]) => start === open)?.[1];
  const pick = (start, items) =>
    items.length === 1 ? onPick(items[0]) : setOpen(open === start ? null : start);
  return (
    <div ref={place} class="times" aria-live="polite">
      <h3>{showDate(day)}</h3>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {!items && !refusal && <Loading />}
      {items?.length === 0 && <p class="hint">{t('day full')}</p>}
      <ul>
        {times.map(([start, free]) => (
          <li key={start}>
            <button
              type="button"
              aria-expanded={free.length > 1 ? open === start : undefined}
              onClick={() => pick(start, free)}
            >
              {showTime(start)}
            </button>
          </li>
        ))}
      </ul>
      {free && <Who offer={offer} free={free} start={open} onPick={onPick} />}
    </div>
  );
}

function Who({ offer, free, start, onPick }) {
  const nameOf = (id) => offer.doctors.find((doctor) => doctor.id === id);
  const place = useRef();
  useEffect(() => place.current.scrollIntoView({ block: 'nearest' }), [start]);
  return (
    <fieldset ref={place} class="who">
      <legend>{t('who at', { time: showTime(start) })}</legend>
      <button type="button" class="main" onClick={() => onPick(free[0])}>
        {t('whoever is free')}
      </button>
      {free.map((item) => (
        <button key={item.doctor_id} type="button" onClick={() => onPick(item)}>
          {t('doctor of', nameOf(item.doctor_id))}
        </button>
      ))}
    </fieldset>
  );
}
