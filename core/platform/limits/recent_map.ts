/** A map that strangers may fill: beyond so many keys the one that was set longest ago is forgotten. */

export class RecentMap<K, V> {
  readonly #values = new Map<K, V>();

  constructor(readonly sizeMax: number) {}

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Sets a value; its key is the newest now. */
  set(key: K, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.sizeMax) this.#values.delete(this.#values.keys().next().value!);
  }

  delete(key: K): void {
    this.#values.delete(key);
  }

  get size(): number {
    return this.#values.size;
  }
}
