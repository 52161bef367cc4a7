// The staff's console: who is here, the sections that their role may see, and the one they are in.

import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTitle } from '../shared/language.js';
import {
  Dialog,
  Field,
  LanguageSwitch,
  Loading,
  LoadRefused,
  Refused,
  useLoaded,
  usePlace,
  useWork,
} from '../shared/ui.jsx';
import { expired, logIn, logOut, may, me, recognise } from './session.js';
import { t } from './words.js';
import '../shared/base.css';
import './staff.css';
// Styles of the parts come with the page: what is loaded later brings none.
import '@event-calendar/core/index.css';
import 'uplot/dist/uPlot.min.css';
import './desk/desk.css';
import './office/office.css';

// Sections in the order of the menu: the place after #/, the least role, and the part of the console that has it. A
// part is loaded when it is first needed; it has a component for each of its places.
const desk = () => import('./desk/index.jsx');
const office = () => import('./office/index.jsx');
const sections = [
  { place: 'today', role: 'viewer', part: desk },
  { place: 'calendar', role: 'viewer', part: desk },
  { place: 'patients', role: 'desk', part: desk },
  { place: 'doctors', role: 'viewer', part: office },
  { place: 'treatments', role: 'viewer', part: office },
  { place: 'slots', role: 'viewer', part: office },
  { place: 'closures', role: 'viewer', part: office },
  { place: 'statistics', role: 'viewer', part: office },
  { place: 'staff', role: 'viewer', part: office },
  { place: 'hospital', role: 'viewer', part: office },
  { place: 'access-log', role: 'admin', part: office },
];

function Login({ email: known }) {
  const work = useWork();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const submit = (event) => {
    event.preventDefault();
    work.run(() => logIn(email, password));
  };
  return (
    <form class="form" onSubmit={submit}>
      <Field
        label={t('email')}
        type="email"
        autocomplete="username"
        required
        value={email}
        onInput={(e) => setEmail(e.target.value)}
      />
      <Field
        label={t('password')}
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onInput={(e) => setPassword(e.target.value)}
      />
      <Refused refusal={work.refusal} />
      <button class="main" disabled={work.busy}>
        {t('login')}
      </button>
    </form>
  );
}

function LoginPage() {
  return (
    <main class="login">
      <h1>{t('console')}</h1>
      <Login />
      <LanguageSwitch />
    </main>
  );
}

function Menu({ current }) {
  const menu = useRef();
  useEffect(() => {
    const here = menu.current.querySelector('[aria-current]');
    here.scrollIntoView({ block: 'nearest', inline: 'center' }); // on a telephone
  }, [current]);
  return (
    <nav ref={menu} aria-label={t('sections')}>
      {sections
        .filter(({ role }) => may(role))
        .map(({ place }) => (
          <a key={place} href={`#/${place}`} aria-current={place === current ? 'page' : undefined}>
            {t(place)}
          </a>
        ))}
    </nav>
  );
}

// rest: what follows the section in the address, such as a date.
function Section({ section, rest }) {
  const { data: part, refusal, reload } = useLoaded(section.part, [section.part]);
  const Content = part?.places[section.place];
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  return Content ? <Content key={section.place} rest={rest} /> : <Loading />;
}

function Console() {
  const [, name, ...rest] = usePlace().split('/');
  const section = sections.find(({ place, role }) => place === name && may(role)) ?? sections[0];
  const work = useWork();
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content').focus()}>
        {t('skip')}
      </button>
      <header class="bar">
        <strong>{t('console')}</strong>
        <div class="who">
          <span>
            {me.value.name} · {t(me.value.role)}
          </span>
          <LanguageSwitch />
          <button type="button" disabled={work.busy} onClick={() => work.run(logOut)}>
            {t('logout')}
          </button>
        </div>
        <Menu current={section.place} />
        <Refused refusal={work.refusal} />
      </header>
      <main id="content" tabIndex={-1}>
        <Section section={section} rest={rest} />
      </main>
      {expired.value && (
        <Dialog
          title={t('login')}
          onClose={() => {
            expired.value = false;
            me.value = null;
          }}
        >
          <p>{t('again')}</p>
          <Login email={me.value.email} />
        </Dialog>
      )}
    </>
  );
}

function Page() {
  const { refusal, reload } = useLoaded(recognise, []);
  useTitle(t('console'));
  if (me.value === undefined)
    return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  return me.value ? <Console /> : <LoginPage />;
}

render(<Page />, document.getElementById('page'));
