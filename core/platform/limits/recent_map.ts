/** A map whose keys strangers may choose: beyond a maximum number of keys the one set longest ago is evicted. */

export class RecentMap<K, V> {
  readonly #values = new Map<K, V>();

  constructor(readonly sizeMax: number) {}

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Sets a value and makes its key the newest. */
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
