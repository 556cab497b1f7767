/** The API's doorkeeper (`ffi/door/src/lib.rs`): limits on connections that `Deno.serve` does not have. */
import type { Descriptors } from "../core/platform/system.ts";
import { type Library, utf8 } from "./library.ts";

export interface DoorRules {
  port: number;
  connections_max: number;
  per_address_max: number;
  /** Descriptors that connections leave free for everything else. */
  descriptors_kept: number;
  /** Until a handler has a request. */
  request_ms: number;
  /** Between two requests. */
  idle_ms: number;
  /** Addresses that many people share, with the bits that count. */
  shared: readonly (readonly [address: string, bits: number])[];
}

export interface DoorStatus {
  connections: number;
  /** With the descriptors that are free now. */
  connections_max: number;
  /** Connections closed since the start, by reason. */
  shut: { late: number; idle: number; talks: number; surplus: number };
}

/** One end of a connection. */
export interface Peer {
  readonly hostname: string;
  readonly port: number;
}

const lineOf = ({ hostname, port }: Peer) => `${hostname} ${port}`;

export class Doorkeeper implements Disposable {
  readonly #library: Library;
  readonly #handle: number;

  constructor(library: Library, rules: DoorRules) {
    this.#library = library;
    const text = utf8(JSON.stringify(rules));
    const { legend_door_start } = library.symbols;
    this.#handle = library.call((out, size) => legend_door_start(text, text.length, out, size)).value;
  }

  /** Reports which connections are inside a handler; others must send their request in time. */
  busy(peers: readonly Peer[]): void {
    const text = utf8(peers.map(lineOf).join("\n"));
    const { legend_door_busy } = this.#library.symbols;
    this.#library.call((out, size) => legend_door_busy(this.#handle, text, text.length, out, size));
  }

  /** This client's connection is a stream from now on, to which it sends control frames alone. */
  stream(peer: Peer): void {
    const text = utf8(lineOf(peer));
    const { legend_door_stream } = this.#library.symbols;
    this.#library.call((out, size) => legend_door_stream(this.#handle, text, text.length, out, size));
  }

  status(): DoorStatus {
    const { legend_door_status } = this.#library.symbols;
    return JSON.parse(this.#library.text((out, size) => legend_door_status(this.#handle, out, size)));
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_door_close(this.#handle);
  }
}

/** Files and sockets of this process, which the runtime does not show to JavaScript. */
export function descriptors(library: Library): Descriptors {
  return JSON.parse(library.text((out, size) => library.symbols.legend_descriptors(out, size)));
}
