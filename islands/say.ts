/** Says a line to a screen reader, once, when it has time. */
export function say(text: string): void {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}
