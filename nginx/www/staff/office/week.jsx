// The slots as the hospital's week: half-hours down, days across, and in each cell how many people it
// takes. A cell opens its slot's form, a day's name the form of all its slots.
import { useState } from 'preact/hooks';
import { Dialog, useWork } from '../../shared/ui.jsx';
import { api, may } from '../session.js';
import { contentOf, startOf } from './content.js';
import { Inputs, NotDone } from './inputs.jsx';
import { dayName, slotTitle } from './nouns.js';
import { t } from './words.js';

const daysOf = (slots) => [
  ...(slots.some(({ day_of_week: day }) => day === null) ? [null] : []),
  ...[1, 2, 3, 4, 5, 6, 7],
];

const timesOf = (slots) => [...new Set(slots.map(({ start_time: start }) => start))].sort();

export function Week({ rows: slots, onOpen }) {
  const days = daysOf(slots);
  const slotAt = (time, day) =>
    slots.find((slot) => slot.start_time === time && slot.day_of_week === day);
  if (slots.length === 0) return <p class="hint">{t('nothing')}</p>;
  return (
    <>
      <p class="hint">{t(may('admin') ? 'week explained' : 'week read')}</p>
      <section class="scroll" tabIndex={0} aria-label={t('slots')}>
        <table class="week" onKeyDown={walk}>
          <thead>
            <tr>
              <th scope="col">{t('start_time')}</th>
              {days.map((day) => (
                <th key={day} scope="col">
                  <DayHead day={day} slots={slots} onOpen={onOpen} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {timesOf(slots).map((time) => (
              <tr key={time}>
                <th scope="row">{time}</th>
                {days.map((day) => (
                  <td key={day}>
                    <Cell
                      time={time}
                      day={day}
                      slot={slotAt(time, day)}
                      everyDay={day !== null && slotAt(time, null)}
                      onOpen={onOpen}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function DayHead({ day, slots, onOpen }) {
  const open = slots.filter((slot) => slot.day_of_week === day && slot.is_active);
  if (!may('admin') || open.length === 0) return dayName(day);
  return (
    <button
      type="button"
      class="plain"
      aria-label={t('whole day', { day: dayName(day) })}
      onClick={() => onOpen({ dialog: 'day', day, slots: open })}
    >
      {dayName(day)}
    </button>
  );
}

// What a cell shows: its own slot, or else that of every day, or else nothing.
function shownOf(slot, everyDay) {
  if (slot) return slot.is_active ? [slot.max_capacity, ''] : [t('hidden'), 'soft'];
  return everyDay?.is_active ? [`(${everyDay.max_capacity})`, 'soft'] : ['', 'soft'];
}

function Cell({ time, day, slot, everyDay, onOpen }) {
  const [shown, look] = shownOf(slot, everyDay);
  if (!may('admin')) return <span class={look}>{shown}</span>;
  const title = slotTitle(time, day);
  const given = { day_of_week: day === null ? '' : String(day), start_time: time };
  return slot ? (
    <button
      type="button"
      class={`plain ${look}`}
      aria-label={`${t('change of', { title })}: ${shown}`}
      onClick={() => onOpen({ dialog: 'form', row: slot })}
    >
      {shown}
    </button>
  ) : (
    <button
      type="button"
      class="plain soft"
      aria-label={`${t('new slots')}: ${title}`}
      onClick={() => onOpen({ dialog: 'form', given })}
    >
      {shown || '+'}
    </button>
  );
}

const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Arrow keys walk from cell to cell.
function walk(event) {
  const cell = event.target.closest('td, th');
  const step = steps[event.key];
  if (!step || !cell) return;
  const row = event.currentTarget.rows[cell.parentElement.rowIndex + step[0]];
  const next = row?.cells[cell.cellIndex + step[1]]?.querySelector('button');
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// How many people all slots of a day take.
export function Day({ noun, day, slots, onClose, onDone }) {
  const field = noun.fields.find(({ name }) => name === 'max_capacity');
  const [values, setValues] = useState({ max_capacity: String(slots[0].max_capacity) });
  const [stopped, setStopped] = useState(null);
  const work = useWork();
  const saveAll = async () => {
    for (const slot of slots) {
      setStopped(slot);
      const body = contentOf(noun, { ...startOf(noun.fields, slot), ...values });
      await api.send('PUT', `${noun.address}/${slot.id}`, body);
    }
    return slots.length;
  };
  const submit = async (event) => {
    event.preventDefault();
    const count = await work.run(saveAll);
    if (count) onDone(t('day saved', { count, day: dayName(day) }));
  };
  return (
    <Dialog title={t('whole day', { day: dayName(day) })} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <p class="hint">{t('whole day explained')}</p>
        <Inputs fields={[field]} values={values} errorOf={work.errorOf} onChange={setValues} />
        <NotDone refusal={work.refusal} noun={noun}>
          {stopped && <p>{t('stopped at', { title: slotTitle(stopped.start_time, day) })}</p>}
        </NotDone>
        <div class="actions">
          <button class="main" disabled={work.busy}>
            {t('save')}
          </button>
          <button type="button" onClick={onClose}>
            {t('cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
