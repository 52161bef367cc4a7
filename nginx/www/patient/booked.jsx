// An appointment just booked or moved, with everything that its patient needs to know.
import { showMoment, showTime, showWon } from '../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../shared/ui.jsx';
import { Summary } from './book.jsx';
import { isInTime, isOpen, lastMoment } from './notice.js';
import { api, me } from './session.js';
import { t } from './words.js';

export function Booked({ offer, rest: [id] }) {
  const {
    data: appointment,
    refusal,
    reload,
  } = useLoaded(async () => (await api.look(`/appointments/${id}`)).body, [id, me.value]);
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  if (!appointment) return <Loading />;
  const {
    doctor,
    treatment,
    patient,
    status,
    memo,
    start_time: start,
    end_time: end,
  } = appointment;
  return (
    <div class="steps">
      <div class="notice good" role="status">
        <p>
          {t(status === 'cancelled' ? 'is cancelled' : 'is booked', { moment: showMoment(start) })}
        </p>
      </div>
      <section class="paper">
        <Summary
          rows={[
            ['number', id],
            ['hospital', offer.hospital.name],
            ['moment', `${showMoment(start)} – ${showTime(end)}`],
            ['treatment', treatment.name],
            ['doctor', t('doctor of', doctor)],
            ['patient', patient.name],
            ['price', showWon(treatment.price)],
            ['status', t(status)],
            ['visit', t(appointment.visit_type)],
            ...(memo ? [['memo', memo]] : []),
          ]}
        />
        {isOpen(appointment) && (
          <p class="hint">
            {isInTime(appointment, offer.hospital)
              ? t('notice', { moment: showMoment(lastMoment(appointment, offer.hospital)) })
              : t('too late')}
          </p>
        )}
      </section>
      <div class="actions">
        <a class="button main" href="#/mine">
          {t('mine')}
        </a>
        <a class="button" href="#/">
          {t('another')}
        </a>
      </div>
    </div>
  );
}
