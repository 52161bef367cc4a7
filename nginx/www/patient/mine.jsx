// The patient's appointments: those to come, which can be moved and cancelled, and what was.
import { useState } from 'preact/hooks';
import { isUnknown, once } from '../shared/intention.js';
import { showMoment, showTime, showWon } from '../shared/time.js';
import { Dialog, Field, Loading, LoadRefused, Refused, useLoaded } from '../shared/ui.jsx';
import { isInTime, isOpen } from './notice.js';
import { api, me, useOwnWork } from './session.js';
import { t } from './words.js';

const isToCome = ({ status, end_time: end }, { now }) =>
  end.slice(0, 16) > now.slice(0, 16) && ['pending', 'confirmed', 'arrived'].includes(status);

export function Mine() {
  const { data, refusal, reload } = useLoaded(
    async () => {
      const [hospital, appointments] = await Promise.all([
        api.get('/hospital'),
        api.list('/appointments'),
      ]);
      return { hospital, appointments };
    },
    [me.value],
    20_000,
  );
  const [cancelling, setCancelling] = useState(null);
  if (!data) return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  const toCome = data.appointments.filter((one) => isToCome(one, data.hospital)).reverse();
  const past = data.appointments.filter((one) => !isToCome(one, data.hospital));
  return (
    <div class="steps">
      <LoadRefused refusal={refusal} onAgain={reload} />
      <section aria-labelledby="to-come">
        <h2 id="to-come">{t('to come')}</h2>
        {toCome.length === 0 && (
          <p class="hint">
            {t('nothing to come')} <a href="#/">{t('book')}</a>
          </p>
        )}
        <ul class="appointments">
          {toCome.map((one) => (
            <Appointment key={one.id} appointment={one}>
              <Changes
                appointment={one}
                hospital={data.hospital}
                onCancel={() => setCancelling(one)}
              />
            </Appointment>
          ))}
        </ul>
      </section>
      {past.length > 0 && (
        <section aria-labelledby="past">
          <h2 id="past">{t('past')}</h2>
          <ul class="appointments past">
            {past.map((one) => (
              <Appointment key={one.id} appointment={one} />
            ))}
          </ul>
        </section>
      )}
      {cancelling && (
        <Cancel
          appointment={cancelling}
          onClose={() => {
            setCancelling(null);
            reload();
          }}
        />
      )}
    </div>
  );
}

function Appointment({ appointment, children }) {
  const { doctor, treatment, status, memo, start_time: start, end_time: end } = appointment;
  return (
    <li class="paper">
      <h3>
        {showMoment(start)} – {showTime(end)}
      </h3>
      <p>
        {treatment.name} · {t('doctor of', doctor)} · {showWon(treatment.price)}
      </p>
      {memo && <p class="hint">{memo}</p>}
      <p>
        <span class={`status ${status}`}>{t(status)}</span>
      </p>
      {children}
    </li>
  );
}

// What its patient may still do with an appointment.
function Changes({ appointment, hospital, onCancel }) {
  const moment = showMoment(appointment.start_time);
  if (!isOpen(appointment)) return null;
  if (!isInTime(appointment, hospital)) return <p class="hint">{t('too late')}</p>;
  return (
    <div class="actions">
      <a class="button" href={`#/move/${appointment.id}`} aria-label={t('move of', { moment })}>
        {t('move')}
      </a>
      <button
        type="button"
        class="danger"
        aria-label={t('cancel of', { moment })}
        onClick={onCancel}
      >
        {t('cancel it')}
      </button>
    </div>
  );
}

function Cancel({ appointment, onClose }) {
  const [reason, setReason] = useState('');
  const work = useOwnWork();
  const submit = async (event) => {
    event.preventDefault();
    const { id } = appointment;
    const content = reason.trim() ? { reason } : {};
    const cancelled = await work.run(() =>
      once('cancelling', { id, content }, (key) =>
        api.send('PATCH', `/appointments/${id}/cancel`, content, { key }),
      ),
    );
    if (cancelled) onClose();
  };
  return (
    <Dialog title={t('cancel title')} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <p>
          {showMoment(appointment.start_time)} · {appointment.treatment.name} ·{' '}
          {appointment.doctor.name}
        </p>
        <Field
          label={t('reason')}
          maxLength={500}
          value={reason}
          error={work.errorOf('reason')}
          onInput={(event) => setReason(event.target.value)}
        />
        <Refused refusal={work.refusal}>
          {work.refusal && isUnknown(work.refusal) && <p>{t('unknown change')}</p>}
        </Refused>
        <div class="actions">
          <button class="danger" disabled={work.busy}>
            {t('cancel it')}
          </button>
          <button type="button" onClick={onClose}>
            {t('keep it')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
