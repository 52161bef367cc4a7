// Today at a glance: who is expected, who waits, how full it is, and one touch for each.
import { dateOf, showDate, showPhone, showTime } from '../../shared/time.js';
import { Loading, LoadRefused } from '../../shared/ui.jsx';
import { may } from '../session.js';
import { useDays, useFacts } from './facts.js';
import { Open, useOpen } from './open.jsx';
import { Room } from './roomstrip.jsx';
import { isExpected, isLate, statuses } from './status.js';
import { Touches } from './touches.jsx';
import { t } from './words.js';

export function Today() {
  const { data: facts, refusal, reload } = useFacts();
  if (!facts) return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  return <Day facts={facts} date={dateOf(facts.hospital.now)} />;
}

function Day({ facts, date }) {
  const { data, refusal, reload } = useDays(date, date);
  const dialogs = useOpen(reload);
  if (!data) return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  const { appointments, closures } = data;
  const standing = appointments.filter(({ status }) => status !== 'cancelled');
  const changed = (sentence) => {
    if (sentence) dialogs.say(sentence);
    reload();
  };
  return (
    <section class="desk" aria-labelledby="desk-title">
      <header>
        <h1 id="desk-title">{showDate(date)}</h1>
        {may('desk') && (
          <button type="button" class="main" onClick={() => dialogs.show({ booking: {} })}>
            {t('new appointment')}
          </button>
        )}
      </header>
      <LoadRefused refusal={refusal} onAgain={reload} />
      <p role="status" class="said">
        {dialogs.said}
      </p>
      <Closed closures={closures} doctors={facts.doctors} />
      <Summary appointments={appointments} />
      <div class="glance">
        <List
          appointments={appointments}
          now={facts.hospital.now}
          dialogs={dialogs}
          onChanged={changed}
        />
        <div class="beside">
          <Next appointments={standing} now={facts.hospital.now} dialogs={dialogs} />
          <Waiting appointments={standing} dialogs={dialogs} />
          <section class="paper" aria-labelledby="room">
            <h2 id="room">{t('room')}</h2>
            <Room slots={facts.slots} appointments={appointments} date={date} />
          </section>
        </div>
      </div>
      <Open dialogs={dialogs} facts={facts} />
    </section>
  );
}

function Closed({ closures, doctors }) {
  if (closures.length === 0) return null;
  const who = (id) =>
    id === null
      ? t('closed today')
      : `${doctors.find((one) => one.id === id)?.name} · ${t('away')}`;
  return (
    <ul class="closures">
      {closures.map(({ id, doctor_id: doctor, reason }) => (
        <li key={id}>{reason ? t('with reason', { what: who(doctor), reason }) : who(doctor)}</li>
      ))}
    </ul>
  );
}

function Summary({ appointments }) {
  const count = (wanted) => appointments.filter(({ status }) => status === wanted).length;
  return (
    <dl class="summary" aria-label={t('summary')}>
      {statuses.map((status) => (
        <div key={status}>
          <dt>{t(status)}</dt>
          <dd>{count(status)}</dd>
        </div>
      ))}
    </dl>
  );
}

const shown = 5;

function Next({ appointments, now, dialogs }) {
  const expected = appointments.filter(isExpected).slice(0, shown);
  return (
    <Short
      name="next"
      nobody="nobody next"
      appointments={expected}
      dialogs={dialogs}
      note={(one) => (isLate(one, now) ? t('late') : '')}
    />
  );
}

function Waiting({ appointments, dialogs }) {
  const waiting = appointments.filter(({ status }) => status === 'arrived');
  return (
    <Short
      name="waiting"
      nobody="nobody waiting"
      appointments={waiting}
      dialogs={dialogs}
      note={(one) => one.doctor.name}
    />
  );
}

function Short({ name, nobody, appointments, dialogs, note }) {
  return (
    <section class="paper" aria-labelledby={name}>
      <h2 id={name}>{t(name)}</h2>
      {appointments.length === 0 && <p class="hint">{t(nobody)}</p>}
      <ul class="found">
        {appointments.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => dialogs.show({ appointment: one.id })}>
              {showTime(one.start_time)} <strong>{one.patient.name}</strong> {note(one)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function List({ appointments, now, dialogs, onChanged }) {
  if (appointments.length === 0) return <p class="hint">{t('nobody today')}</p>;
  return (
    <section class="scroll" tabIndex={0} aria-label={t('list')}>
      <table class="day-list">
        <thead>
          <tr>
            {['time', 'patient', 'doctor', 'treatment', 'status', 'actions'].map((name) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {appointments.map((one) => (
            <tr key={one.id} class={one.status}>
              <td>
                {showTime(one.start_time)}–{showTime(one.end_time)}
              </td>
              <td>
                <button
                  type="button"
                  class="plain"
                  onClick={() => dialogs.show({ appointment: one.id })}
                >
                  {one.patient.name}
                </button>
                <span class="hint">{showPhone(one.patient.phone)}</span>
              </td>
              <td>{one.doctor.name}</td>
              <td>{one.treatment.name}</td>
              <td>
                <span class={`status ${one.status}`}>{t(one.status)}</span>
                {isLate(one, now) && <span class="late"> {t('late')}</span>}
              </td>
              <td>
                <Touches appointment={one} now={now} onChanged={onChanged} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
