// Moving an appointment: another time is chosen, its own counting as free, and taken in one step.
import { useState } from 'preact/hooks';
import { isUnknown, once } from '../shared/intention.js';
import { showMoment } from '../shared/time.js';
import { Field, Loading, LoadRefused, Refused, useLoaded } from '../shared/ui.jsx';
import { Summary } from './book.jsx';
import { When } from './choose.jsx';
import { isTaken, Nearest } from './nearest.jsx';
import { api, me, useOwnWork } from './session.js';
import { t } from './words.js';

export function Move({ offer, rest: [id] }) {
  const {
    data: appointment,
    refusal,
    reload,
  } = useLoaded(async () => (await api.look(`/appointments/${id}`)).body, [id, me.value]);
  if (appointment) return <Moving offer={offer} appointment={appointment} onAgain={reload} />;
  return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
}

function Moving({ offer, appointment, onAgain }) {
  const { id, version, treatment, doctor } = appointment;
  const [whom, setWhom] = useState(String(doctor.id));
  const [picked, setPicked] = useState(null);
  const work = useOwnWork();
  const asked = { treatment_id: treatment.id, doctor_id: whom, moving: id };
  const pick = (item) => {
    work.forget();
    setPicked(item);
  };
  const confirm = async (event) => {
    event.preventDefault();
    const to = { start_time: picked.start_time.slice(0, 16), doctor_id: picked.doctor_id };
    const moved = await work.run(() =>
      once('moving', { id, version, to }, (key) =>
        api.send('PATCH', `/appointments/${id}`, to, { key, version }),
      ),
    );
    if (moved) location.replace(`#/booked/${id}`);
  };
  const { refusal } = work;
  const isStale = refusal?.code === 'stale_version';
  return (
    <div class="steps">
      <section class="paper">
        <Summary
          rows={[
            ['moment', showMoment(appointment.start_time)],
            ['treatment', treatment.name],
            ['doctor', t('doctor of', doctor)],
          ]}
        />
        <p class="hint">{t('stays yours')}</p>
      </section>
      <Field label={t('doctor')} onChange={(event) => setWhom(event.target.value)}>
        {(attributes) => (
          <select {...attributes}>
            <option value="">{t('any doctor')}</option>
            {offer.doctors.map((one) => (
              <option key={one.id} value={one.id} selected={String(one.id) === whom}>
                {t('doctor of', one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <When offer={offer} asked={asked} onPick={pick} />
      {picked && (
        <form class="paper form" onSubmit={confirm}>
          <h2>{t('move to', { moment: showMoment(picked.start_time) })}</h2>
          <p>
            {t(
              'doctor of',
              offer.doctors.find((one) => one.id === picked.doctor_id),
            )}
          </p>
          <Refused refusal={refusal}>
            {refusal && isUnknown(refusal) && <p>{t('unknown change')}</p>}
            {isStale && (
              <button type="button" onClick={onAgain}>
                {t('see it')}
              </button>
            )}
          </Refused>
          {refusal && isTaken(refusal) && (
            <Nearest offer={offer} asked={asked} start={picked.start_time} onPick={pick} />
          )}
          <div class="actions">
            <button class="main" disabled={work.busy}>
              {t('move')}
            </button>
            <a class="button" href="#/mine">
              {t('keep it')}
            </a>
          </div>
        </form>
      )}
    </div>
  );
}
