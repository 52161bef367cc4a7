// Booking what was chosen: a look at it, a memo, logging in if need be, and done once.
import { useState } from 'preact/hooks';
import { keyFor, settle } from '../shared/intention.js';
import { showMoment, showWon } from '../shared/time.js';
import { Field, Refused, useWork } from '../shared/ui.jsx';
import { choice, choose, forgetChoice } from './choice.js';
import { Login } from './login.jsx';
import { isTaken, Nearest } from './nearest.jsx';
import { api, me } from './session.js';
import { t } from './words.js';

const intention = 'booking';

// Nobody knows whether it was done: it is asked again under the same key.
const isUnknown = ({ code, status }) => code === 'offline' || status >= 500;

async function bookOnce(content) {
  try {
    const booked = await api.send('POST', '/appointments', content, {
      key: keyFor(intention, content),
    });
    settle(intention);
    return booked;
  } catch (refusal) {
    if (!isUnknown(refusal) && refusal.status !== 401) settle(intention);
    throw refusal;
  }
}

export function Book({ offer, rest: [treatmentId, doctorId, start] }) {
  const treatment = offer.treatments.find(({ id }) => String(id) === treatmentId);
  const doctor = offer.doctors.find(({ id }) => String(id) === doctorId);
  const work = useWork();
  const [done, setDone] = useState(false);
  if (!treatment || !doctor || !start)
    return (
      <p>
        <a href="#/">{t('choose again')}</a>
      </p>
    );

  const confirm = async (event) => {
    event.preventDefault();
    const booked = await work.run(() =>
      bookOnce({
        doctor_id: doctor.id,
        treatment_id: treatment.id,
        start_time: start,
        memo: choice.value.memo.trim() || null,
      }),
    );
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
      </Refused>
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
        <form class="actions" onSubmit={confirm}>
          <button class="main" disabled={work.busy || done}>
            {t(refusal && isUnknown(refusal) ? 'again' : 'confirm')}
          </button>
          <a class="button" href="#/">
            {t('choose again')}
          </a>
        </form>
      ) : (
        <section class="paper">
          <p>{t('login to book')}</p>
          <Login />
        </section>
      )}
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
