// What has become of an appointment, the newest first, and by whom.
import { showMoment } from '../../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../../shared/ui.jsx';
import { api } from '../session.js';
import { nameOf } from './facts.js';
import { t } from './words.js';

const shownAs = {
  status: (value) => t(value),
  doctor_id: (id, { doctors }) => nameOf(doctors, id),
  treatment_id: (id, { treatments }) => nameOf(treatments, id),
  start_time: (instant) => showMoment(instant),
};

function differences({ from, to }, facts) {
  if (!from) return [t('version booked')];
  const changed = Object.keys(shownAs)
    .filter((name) => from[name] !== to[name])
    .map((name) =>
      t(`changed ${name}`, {
        from: shownAs[name](from[name], facts),
        to: shownAs[name](to[name], facts),
      }),
    );
  return from.memo === to.memo ? changed : [...changed, t('changed memo')];
}

export function History({ appointment: { id, version }, facts }) {
  const { data, refusal, reload } = useLoaded(
    () => api.list(`/appointments/${id}/history`),
    [id, version],
  );
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  if (!data) return <Loading />;
  const newestFirst = [...data].sort((a, b) => b.version - a.version);
  return (
    <ol class="history inset" aria-label={t('history')}>
      {newestFirst.map((change) => (
        <li key={change.version}>
          <p class="hint">
            {showMoment(change.at)} · {change.by.name ?? t('by nobody')}
          </p>
          {differences(change, facts).map((text) => (
            <p key={text}>{text}</p>
          ))}
          {change.reason && <p>{t('because', { reason: change.reason })}</p>}
          {change.override && <p>{t('over capacity', { reason: change.override })}</p>}
        </li>
      ))}
    </ol>
  );
}
