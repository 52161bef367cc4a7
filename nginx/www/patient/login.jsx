// Logging in, and registering for who has not been here. Whatever else stands on the page stays as it is.
import { useState } from 'preact/hooks';
import { showPhone } from '../shared/time.js';
import { Field, Refused, useValues, useWork } from '../shared/ui.jsx';
import { logIn, me, register } from './session.js';
import { t } from './words.js';

export function Login() {
  const [isNew, setNew] = useState(false);
  const { values, typed } = useValues({
    name: '',
    phone: showPhone(me.value?.phone ?? ''),
    password: '',
  });
  const work = useWork();
  const submit = (event) => {
    event.preventDefault();
    work.run(() => (isNew ? register(values) : logIn(values.phone, values.password)));
  };
  const turn = (value) => () => {
    work.forget();
    setNew(value);
  };
  return (
    <form class="form login" onSubmit={submit}>
      <fieldset class="actions tabs">
        <legend class="unseen">{t('login')}</legend>
        <button type="button" aria-pressed={!isNew} onClick={turn(false)}>
          {t('login')}
        </button>
        <button type="button" aria-pressed={isNew} onClick={turn(true)}>
          {t('first time')}
        </button>
      </fieldset>
      {isNew && (
        <Field
          label={t('name')}
          autocomplete="name"
          required
          maxLength={100}
          value={values.name}
          onInput={typed('name')}
          error={work.errorOf('name')}
        />
      )}
      <Field
        label={t('phone')}
        type="tel"
        autocomplete="tel"
        inputMode="tel"
        required
        placeholder="010-1234-5678"
        value={values.phone}
        onInput={typed('phone')}
        error={work.errorOf('phone')}
      />
      <Field
        label={t('password')}
        type="password"
        autocomplete={isNew ? 'new-password' : 'current-password'}
        hint={isNew ? t('password hint') : undefined}
        required
        minLength={isNew ? 8 : undefined}
        maxLength={128}
        value={values.password}
        onInput={typed('password')}
        error={work.errorOf('password')}
      />
      <Refused refusal={work.refusal}>
        {work.refusal?.code === 'duplicate' && <p>{t('known number')}</p>}
      </Refused>
      <button class="main" disabled={work.busy}>
        {t(isNew ? 'register' : 'login')}
      </button>
    </form>
  );
}
