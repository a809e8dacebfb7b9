/**
 * Sends the token of the link on when the person says so. A mail program that looks at links
 * before its reader does must not use them up, so nothing happens by itself.
 */
const form = document.querySelector('form');
const status = document.querySelector('[role="status"]');
const sections = [...document.querySelectorAll('fieldset[data-needed-by]')];
const token = new URLSearchParams(location.hash.slice(1)).get('token');

const say = (text) => {
  status.textContent = text;
};

if (token) form.hidden = false;
else say('This link is not complete. Open it from the mail again, or copy all of it.');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  say('One moment…');
  try {
    await send();
  } catch {
    say('There is no answer. Check the connection and try again.');
  }
  button.disabled = false;
});

async function send() {
  const filled = [...new FormData(form)].filter(([, value]) => value !== '');
  const response = await fetch(form.dataset.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, ...Object.fromEntries(filled) }),
  });
  if (response.ok) finish();
  else explain(await response.json());
}

function finish() {
  form.hidden = true;
  say(form.dataset.done);
  // The link is used up; the history of the browser need not keep it.
  history.replaceState(null, '', location.pathname);
}

/** A problem of the API (RFC 9457). */
function explain({ code, title, detail }) {
  const needed = sections.find((section) => section.dataset.neededBy === code);
  if (!needed) return say(detail || title);
  for (const section of sections) {
    section.hidden = section !== needed;
    section.disabled = section !== needed;
  }
  say(needed.dataset.why);
}
