// Details that a large scene does not carry, asked of the server (explorer/viewer/slices.py) by the scene's own name. Throws where none come.
export async function ask(name, place) {
  const answer = await fetch(new URL(`../../details/${name}/${place}`, import.meta.url));
  if (!answer.ok) throw new Error(`no details: ${answer.status}`);
  return answer.json();
}
