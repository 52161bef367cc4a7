// Booking what was chosen: a look at it, a memo, logging in if need be, and done once.
import { useEffect, useRef, useState } from 'preact/hooks';
import { isUnknown, once, settle, unsettled } from '../shared/intention.js';
import { dateOf, isMoment, showMoment, showWon } from '../shared/time.js';
import { Field, Refused } from '../shared/ui.jsx';
import { choice, choose, forgetChoice } from './choice.js';
import { Login } from './login.jsx';
import { isTaken, Nearest } from './nearest.jsx';
import { api, me, useOwnWork } from './session.js';
import { t } from './words.js';

const intention = 'booking';

const bookOnce = (content) =>
  once(intention, content, (key) => api.send('POST', '/appointments', content, { key }));

// The appointment that was to be booked before this one and of which no answer came, if it was booked.
async function findEarlier(content) {
  const wanted = unsettled(intention);
  if (!wanted || JSON.stringify(wanted) === JSON.stringify(content)) return undefined;
  const day = dateOf(wanted.start_time);
  const appointments = await api.list('/appointments', { from: day, to: day });
  settle(intention);
  return appointments.find(
    ({ start_time: start, doctor, status }) =>
      start.startsWith(wanted.start_time) &&
      doctor.id === wanted.doctor_id &&
      status !== 'cancelled',
  );
}

export function Book({ offer, rest: [treatmentId, doctorId, start] }) {
  const treatment = offer.treatments.find(({ id }) => String(id) === treatmentId);
  const doctor = offer.doctors.find(({ id }) => String(id) === doctorId);
  const work = useOwnWork();
  const [done, setDone] = useState(false);
  const [earlier, setEarlier] = useState(null);
  if (!treatment || !doctor || !isMoment(start))
    return (
      <p>
        <a href="#/">{t('choose again')}</a>
      </p>
    );

  const confirm = async (event) => {
    event.preventDefault();
    const content = {
      doctor_id: doctor.id,
      treatment_id: treatment.id,
      start_time: start,
      memo: choice.value.memo.trim() || null,
    };
    const booked = await work.run(async () => {
      const found = await findEarlier(content);
      setEarlier(found);
      return found ? undefined : bookOnce(content);
    });
    if (!booked) return;
    setDone(true);
    forgetChoice();
    location.replace(`#/booked/${booked.id}`);
  };

  const { refusal } = work;
  return (
    <div class="steps">
      <section class="paper">
        <Summary
          rows={[
            ['treatment', treatment.name],
            ['doctor', t('doctor of', doctor)],
            ['moment', showMoment(start)],
            ['length', t('minutes', { minutes: treatment.duration_minutes })],
            ['price', showWon(treatment.price)],
          ]}
        />
        <Field
          label={t('memo')}
          hint={t('memo hint')}
          maxLength={1000}
          value={choice.value.memo}
          onInput={(event) => choose({ memo: event.target.value })}
          error={work.errorOf('memo')}
        >
          {(attributes) => <textarea rows={3} {...attributes} />}
        </Field>
      </section>
      <Refused refusal={refusal}>
        {refusal && isUnknown(refusal) && <p>{t('unknown')}</p>}
        {refusal && isTaken(refusal) && <p>{t('taken')}</p>}
        {refusal?.code === 'patient_busy' && <a href="#/mine">{t('mine')}</a>}
      </Refused>
      {earlier && <Earlier appointment={earlier} />}
      {refusal && isTaken(refusal) && (
        <Nearest
          offer={offer}
          asked={{
            treatment_id: treatment.id,
            department: choice.value.department,
            doctor_id: choice.value.doctor,
          }}
          start={start}
          onPick={({ doctor_id: id, start_time: other }) =>
            location.replace(`#/book/${treatment.id}/${id}/${other.slice(0, 16)}`)
          }
        />
      )}
      {me.value ? (
        <Confirm
          says={earlier ? 'this as well' : refusal && isUnknown(refusal) ? 'again' : 'confirm'}
          disabled={work.busy || done}
          onConfirm={confirm}
        />
      ) : (
        <section class="paper">
          <p>{t('login to book')}</p>
          <Login />
        </section>
      )}
    </div>
  );
}

// Who has just logged in to book goes on here.
function Confirm({ says, disabled, onConfirm }) {
  const button = useRef();
  useEffect(() => {
    if (document.activeElement === document.body) button.current.focus();
  }, []);
  return (
    <form class="actions" onSubmit={onConfirm}>
      <button ref={button} class="main" disabled={disabled}>
        {t(says)}
      </button>
      <a class="button" href="#/">
        {t('choose again')}
      </a>
    </form>
  );
}

function Earlier({ appointment: { id, doctor, start_time: start } }) {
  return (
    <div class="notice warn" role="alert">
      <p>{t('booked before', { moment: showMoment(start), name: doctor.name })}</p>
      <a href={`#/booked/${id}`}>{t('see booked')}</a>
    </div>
  );
}

export function Summary({ rows }) {
  return (
    <dl class="summary">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
