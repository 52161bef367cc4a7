// Choosing: what for, with whom if that matters, which day, and when.

import { useState } from 'preact/hooks';
import { dateOf, showMoment, showWon } from '../shared/time.js';
import { Field, Loading, LoadRefused, useLoaded } from '../shared/ui.jsx';
import { choice, choose } from './choice.js';
import { Month } from './month.jsx';
import { api, me } from './session.js';
import { Times } from './times.jsx';
import { t } from './words.js';

export function Choose({ offer }) {
  const { treatment, department, doctor } = choice.value;
  return (
    <div class="steps">
      <section aria-labelledby="what">
        <h2 id="what">{t('what')}</h2>
        <Treatments treatments={offer.treatments} />
      </section>
      {treatment && (
        <>
          <section aria-labelledby="whom">
            <h2 id="whom">{t('whom')}</h2>
            <Doctors doctors={offer.doctors} />
          </section>
          <When
            offer={offer}
            asked={{ treatment_id: treatment, department, doctor_id: doctor }}
            onPick={({ doctor_id: id, start_time: start }) => {
              location.hash = `#/book/${treatment}/${id}/${start.slice(0, 16)}`;
            }}
          />
        </>
      )}
    </div>
  );
}

// On a telephone, what was chosen stands alone, so that the next step is near.
function Treatments({ treatments }) {
  const [isOpen, setOpen] = useState(!choice.value.treatment);
  const pick = (id) => {
    choose({ treatment: id });
    setOpen(false);
  };
  return (
    <fieldset class={isOpen ? 'cards' : 'cards chosen'}>
      <legend class="unseen">{t('what')}</legend>
      {treatments.map(({ id, name, description, duration_minutes: minutes, price }) => (
        <label key={id} class="card">
          <input
            type="radio"
            name="treatment"
            checked={choice.value.treatment === String(id)}
            onChange={() => pick(String(id))}
          />
          <span>
            <strong>{name}</strong>
            <span class="hint">{description}</span>
            <span class="hint">{t('length and price', { minutes, price: showWon(price) })}</span>
          </span>
        </label>
      ))}
      <button type="button" class="other" onClick={() => setOpen(true)}>
        {t('other treatment')}
      </button>
    </fieldset>
  );
}

function Doctors({ doctors }) {
  const { department, doctor } = choice.value;
  const departments = [...new Set(doctors.map((one) => one.department))];
  const shown = doctors.filter((one) => !department || one.department === department);
  return (
    <div class="pair">
      <Field
        label={t('department')}
        onChange={(event) => choose({ department: event.target.value, doctor: '' })}
      >
        {(attributes) => (
          <select {...attributes}>
            <option value="">{t('any department')}</option>
            {departments.map((name) => (
              <option key={name} value={name} selected={name === department}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('doctor')} onChange={(event) => choose({ doctor: event.target.value })}>
        {(attributes) => (
          <select {...attributes}>
            <option value="">{t('any doctor')}</option>
            {shown.map(({ id, name, department: of }) => (
              <option key={id} value={id} selected={String(id) === doctor}>
                {t('doctor of', { name, department: of })}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}

// The day and the time, for whoever is asked for: `asked` are the query's parameters. onPick is given a free start.
export function When({ offer, asked, onPick }) {
  const { day } = choice.value;
  const [picked, setPicked] = useState('');
  const today = dateOf(offer.hospital.now);
  const question = JSON.stringify(asked);
  return (
    <section aria-labelledby="when">
      <h2 id="when">{t('when')}</h2>
      <Earliest key={question} offer={offer} asked={asked} onPick={onPick} />
      <div class="when">
        <Month
          hospital={offer.hospital}
          asked={asked}
          day={day}
          onDay={(date) => {
            choose({ day: date });
            setPicked(date);
          }}
        />
        {day >= today && (
          <Times
            key={`${question} ${day}`}
            offer={offer}
            asked={asked}
            day={day}
            isPicked={day === picked}
            onPick={onPick}
          />
        )}
      </div>
    </section>
  );
}

const farthest = 61; // days, of those that one question may have

function Earliest({ offer, asked, onPick }) {
  const today = dateOf(offer.hospital.now);
  const to = new Date(Date.parse(today) + farthest * 86_400_000).toISOString().slice(0, 10);
  const { data, refusal, reload } = useLoaded(
    async () =>
      (await api.look('/availability', { ...asked, from: today, to, limit: 1 })).body.items[0] ??
      null,
    [JSON.stringify(asked), me.value?.id],
  );
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  if (data === null) return <p class="hint">{t('none soon')}</p>;
  if (!data) return <Loading />;
  const doctor = offer.doctors.find(({ id }) => id === data.doctor_id);
  return (
    <button type="button" class="earliest" onClick={() => onPick(data)}>
      <span>{t('earliest')}</span>
      <strong>{showMoment(data.start_time)}</strong>
      <span>{doctor?.name}</span>
    </button>
  );
}
