/** Announces a line to a screen reader, once and politely. */
export function announce(text: string): void {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}
