// A day or a week with the doctors as columns. The address says which, and whose if not everybody's:
// #/calendar/week/2027-03-02/4
import { useState } from 'preact/hooks';
import { isUnknown } from '../../shared/intention.js';
import { sentence } from '../../shared/problems.js';
import { addDays, dateOf, showDate, showMoment, startOfWeek } from '../../shared/time.js';
import { Field, Loading, LoadRefused } from '../../shared/ui.jsx';
import { may } from '../session.js';
import { move } from './changes.js';
import { departmentsOf, useDays, useFacts } from './facts.js';
import { Grid } from './grid.jsx';
import { Open, useOpen } from './open.jsx';
import { Room, WeekRoom } from './roomstrip.jsx';
import { t } from './words.js';

const views = {
  day: { days: 1, from: (date) => date },
  week: { days: 7, from: startOfWeek },
};

export function Calendar({ rest: [view, date, whom = ''] }) {
  const { data: facts, refusal, reload } = useFacts();
  if (!facts) return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  return (
    <Days
      facts={facts}
      view={view in views ? view : 'day'}
      date={/^\d{4}-\d\d-\d\d$/.test(date) ? date : dateOf(facts.hospital.now)}
      wanted={decodeURIComponent(whom)}
    />
  );
}

const go = (view, date, whom) => {
  location.hash = `#/calendar/${view}/${date}/${encodeURIComponent(whom)}`;
};

function Days({ facts, view, date, wanted }) {
  const whom = whomOf(facts.doctors, view, wanted);
  const from = views[view].from(date);
  const to = addDays(from, views[view].days - 1);
  const { data, refusal, reload } = useDays(from, to);
  const dialogs = useOpen(reload);
  const [undone, setUndone] = useState(null);
  const doctors = doctorsOf(facts.doctors, whom, data?.appointments ?? []);

  const drop = async (appointment, place, putBack) => {
    setUndone(null);
    const { name } = appointment.patient;
    const wanted = { ...place };
    if (place.doctor_id === appointment.doctor.id) delete wanted.doctor_id;
    try {
      await move(appointment, wanted);
      dialogs.say(t('moved', { name, moment: showMoment(place.start_time) }));
    } catch (problem) {
      if (problem.code === undefined) throw problem;
      putBack();
      setUndone({ appointment, place, refusal: problem });
    }
    await reload();
  };

  return (
    <section class="desk" aria-labelledby="desk-title">
      <Bar view={view} date={date} facts={facts} whom={whom} dialogs={dialogs} />
      <LoadRefused refusal={refusal} onAgain={reload} />
      <p role="status" class="said">
        {dialogs.said}
      </p>
      <Undone undone={undone} dialogs={dialogs} onDismiss={() => setUndone(null)} />
      {data && (
        <>
          {view === 'day' ? (
            <div class="unseen">
              <Room slots={facts.slots} appointments={data.appointments} date={from} />
            </div>
          ) : (
            <WeekRoom
              slots={facts.slots}
              appointments={data.appointments}
              dates={Array.from({ length: 7 }, (_, i) => addDays(from, i))}
            />
          )}
          {may('desk') && <p class="hint">{t('how to')}</p>}
          <Grid
            view={view}
            from={from}
            hospital={facts.hospital}
            doctors={doctors}
            slots={facts.slots}
            appointments={data.appointments}
            closures={data.closures}
            onOpen={(id) => dialogs.show({ appointment: id })}
            onPlace={(booking) => dialogs.show({ booking })}
            onDrop={drop}
          />
        </>
      )}
      {!data && !refusal && <Loading />}
      <Open dialogs={dialogs} facts={facts} />
    </section>
  );
}

const isActive = ({ is_active: active }) => active;
const most = 3; // doctors whose week can be read side by side
const everybody = 'everybody';

// 'everybody', 'department NAME' or a doctor's id. A week of many doctors starts with one of them.
function whomOf(doctors, view, wanted) {
  const active = doctors.filter(isActive);
  const isNarrowed = view === 'week' && active.length > most;
  return wanted || (isNarrowed ? String(active[0].id) : everybody);
}

// Who has left is shown as long as they have appointments.
function doctorsOf(doctors, whom, appointments) {
  const busy = new Set(appointments.map(({ doctor }) => doctor.id));
  return doctors
    .filter((doctor) => isActive(doctor) || busy.has(doctor.id))
    .filter(({ id, department }) =>
      [everybody, String(id), `department ${department}`].includes(whom),
    );
}

function Bar({ view, date, facts, whom, dialogs }) {
  const from = views[view].from(date);
  const { days } = views[view];
  const today = dateOf(facts.hospital.now);
  const active = facts.doctors.filter(isActive);
  return (
    <header>
      <h1 id="desk-title" aria-live="polite">
        {view === 'day' ? showDate(from) : t('week from', { day: showDate(from) })}
      </h1>
      <div class="actions">
        <button
          type="button"
          aria-label={t('previous')}
          onClick={() => go(view, addDays(from, -days), whom)}
        >
          ‹
        </button>
        <button type="button" onClick={() => go(view, today, whom)}>
          {t('to today')}
        </button>
        <button
          type="button"
          aria-label={t('following')}
          onClick={() => go(view, addDays(from, days), whom)}
        >
          ›
        </button>
        <Field
          label={t('date')}
          type="date"
          value={date}
          onChange={(event) => event.target.value && go(view, event.target.value, whom)}
        />
        <fieldset class="actions views">
          <legend class="unseen">{t('view')}</legend>
          {Object.keys(views).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === view}
              onClick={() => go(name, date, whom === everybody ? '' : whom)}
            >
              {t(name)}
            </button>
          ))}
        </fieldset>
        <Field label={t('show')} onChange={(event) => go(view, date, event.target.value)}>
          {(attributes) => (
            <select {...attributes}>
              <option value={everybody} selected={whom === everybody}>
                {t('everybody')}
              </option>
              {departmentsOf(active).map((department) => (
                <option
                  key={department}
                  value={`department ${department}`}
                  selected={whom === `department ${department}`}
                >
                  {t('doctors of', { department })}
                </option>
              ))}
              {active.map(({ id, name }) => (
                <option key={id} value={id} selected={whom === String(id)}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        {may('desk') && (
          <button type="button" class="main" onClick={() => dialogs.show({ booking: {} })}>
            {t('new appointment')}
          </button>
        )}
      </div>
    </header>
  );
}

// A drop that was refused: why, and how to insist where staff may.
function Undone({ undone, dialogs, onDismiss }) {
  return (
    <div role="alert">
      {undone && (
        <div class="notice bad">
          <p>
            {t('not moved', {
              name: undone.appointment.patient.name,
              moment: showMoment(undone.place.start_time),
            })}
          </p>
          <p>{sentence(undone.refusal)}</p>
          {isUnknown(undone.refusal) && <p>{t('unknown')}</p>}
          <div class="actions">
            {undone.refusal.code === 'slot_full' && (
              <button
                type="button"
                onClick={() =>
                  dialogs.show({ appointment: undone.appointment.id, moving: undone.place })
                }
              >
                {t('move anyway')}
              </button>
            )}
            <button type="button" onClick={onDismiss}>
              {t('dismiss')}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
