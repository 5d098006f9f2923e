const [clock, form, message, notes] = ['clock', 'form', 'message', 'notes'].map((id) => document.getElementById(id));

new EventSource('/api/clock').addEventListener('tick', ({ data }) => {
  clock.textContent = data;
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = new FormData(form).get('text');
  const response = await fetch('/api/notes', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  const answer = await response.json();
  message.textContent = response.ok ? `Note ${answer.id} was added.` : answer.detail;
  await showNotes();
});

async function showNotes() {
  const list = await (await fetch('/api/notes')).json();
  notes.replaceChildren(
    ...list.map(({ text }) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
}

await showNotes();
