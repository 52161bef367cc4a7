// Asking one of the two pools. The session is a cookie that scripts cannot read; the header that goes with it
// cannot be sent by another site. When the access cookie has expired it is renewed once, by one tab
// at a time, and the request is asked again.

// Why something was not done. `code` is the API's, or 'offline' when no answer came; `wait` is how many
// seconds it asks to wait.
export class Refusal extends Error {
  constructor(problem, status = 0, wait = 0) {
    super(problem.title ?? problem.code);
    this.code = problem.code;
    this.detail = problem.detail;
    this.fields = problem.errors ?? [];
    this.requestId = problem.request_id;
    this.status = status;
    this.wait = wait;
  }
}

const isRepeatable = (refusal) => refusal.code === 'offline' || refusal.status === 503;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Api {
  // `root` is the pool's address; `auth` where its logins are; `onExpired` is called when a session has ended.
  constructor({ root, auth, onExpired }) {
    this.root = root;
    this.auth = auth;
    this.onExpired = onExpired;
    this.kept = new Map(); // address → {tag, body}, for look()
  }

  get(path, query) {
    return this.ask('GET', path, { query });
  }

  // Like get, but asks with If-None-Match what it was told before: then {body, changed: false}.
  async look(path, query) {
    const address = this.address(path, query);
    const known = this.kept.get(address);
    const answer = await this.exchange('GET', path, {
      query,
      headers: known ? { 'If-None-Match': known.tag } : {},
    });
    if (answer.status === 304) return { body: known.body, changed: false };
    const tag = answer.headers.get('ETag');
    if (tag) this.kept.set(address, { tag, body: answer.body });
    return { body: answer.body, changed: true };
  }

  // All pages of a list.
  async list(path, query = {}) {
    const items = [];
    for (let page = 1; ; page++) {
      const { body } = await this.look(path, { ...query, page, page_size: 100 });
      items.push(...body.items);
      if (items.length >= body.total || body.items.length === 0) return items;
    }
  }

  async ask(method, path, options) {
    return (await this.exchange(method, path, options)).body;
  }

  // Something that must happen once. What has a key is sent again under it while no answer comes, so
  // that a lost connection neither loses it nor does it twice.
  async send(method, path, body, { key, version } = {}) {
    const headers = {};
    if (key) headers['Idempotency-Key'] = key;
    if (version !== undefined) headers['If-Match'] = `"${version}"`;
    for (let tries = 1; ; tries++) {
      try {
        return await this.ask(method, path, { body, headers });
      } catch (refusal) {
        const again = refusal.code === 'idempotency_key_in_use' || isRepeatable(refusal);
        if (!key || tries === 3 || !again) throw refusal;
        await pause(Math.max(refusal.wait * 1000, 400 * tries));
      }
    }
  }

  // Asks, and when the session has expired renews it and asks again.
  async exchange(method, path, options = {}) {
    try {
      return await this.once(method, path, options);
    } catch (refusal) {
      if (refusal.code !== 'unauthenticated' || this.needsNoSession(path)) throw refusal;
      await this.renew();
      try {
        return await this.once(method, path, options);
      } catch (second) {
        if (second.code === 'unauthenticated') this.onExpired();
        throw second;
      }
    }
  }

  // One tab renews for all: a refresh token is spent when it is used, and used twice it ends the login.
  renew() {
    const asked = Date.now();
    const stamp = `renewed ${this.root}`;
    const renewOnce = async () => {
      if (Number(localStorage.getItem(stamp)) > asked) return;
      try {
        await this.once('POST', `${this.auth}/refresh`, { body: {} });
      } catch (refusal) {
        // The session is over and its cookies are gone: what anybody may ask is answered all the same.
        if (refusal.status === 401 || refusal.status === 422) return this.onExpired();
        throw refusal;
      }
      localStorage.setItem(stamp, Date.now());
    };
    // Without TLS, and not on localhost, a browser has no locks.
    return navigator.locks ? navigator.locks.request(stamp, renewOnce) : renewOnce();
  }

  // What starts a session is not asked again for want of one; what ends it is.
  needsNoSession(path) {
    return path.startsWith(this.auth) && !path.endsWith('/logout');
  }

  address(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return `${this.root}${path}${given.length ? `?${search}` : ''}`;
  }

  async once(method, path, { query, body, headers = {} }) {
    const answer = await this.reach(this.address(path, query), {
      method,
      headers: {
        'X-Session': 'cookie',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
    if (answer.status === 304 || answer.status === 204) return answer;
    const text = await answer.text().catch(() => '');
    const content = this.parse(text, answer);
    if (answer.ok) return { status: answer.status, headers: answer.headers, body: content };
    throw new Refusal(content, answer.status, Number(answer.headers.get('Retry-After') ?? 0));
  }

  async reach(address, options) {
    const deadline = AbortSignal.timeout(20_000);
    try {
      return await fetch(address, { ...options, signal: deadline });
    } catch {
      throw new Refusal({ code: 'offline' });
    }
  }

  parse(text, answer) {
    try {
      return JSON.parse(text);
    } catch {
      throw new Refusal({ code: answer.status >= 500 ? 'unavailable' : 'offline' }, answer.status);
    }
  }
}
