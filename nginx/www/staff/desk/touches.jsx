// The buttons that change an appointment's status at one touch.
import { useRef } from 'preact/hooks';
import { isUnknown } from '../../shared/intention.js';
import { Refused, useWork } from '../../shared/ui.jsx';
import { may } from '../session.js';
import { setStatus } from './changes.js';
import { touchesOf } from './status.js';
import { t } from './words.js';

export function Touches({ appointment, now, onChanged }) {
  const work = useWork();
  const buttons = useRef();
  if (!may('desk')) return null;
  const { name } = appointment.patient;
  const touch = async (status) => {
    buttons.current.focus(); // the button that has the keyboard is about to go
    const changed = await work.run(() => setStatus(appointment, status));
    onChanged(changed && t('became', { name, status: t(changed.status) }));
  };
  return (
    <>
      <div class="actions touches" ref={buttons} tabIndex={-1}>
        {touchesOf(appointment, now).map((status) => (
          <button
            key={status}
            type="button"
            aria-label={t('touch', { name, touch: t(`to ${status}`) })}
            disabled={work.busy}
            onClick={() => touch(status)}
          >
            {t(`to ${status}`)}
          </button>
        ))}
      </div>
      <Refused refusal={work.refusal}>
        {work.refusal && isUnknown(work.refusal) && <p>{t('unknown')}</p>}
      </Refused>
    </>
  );
}
