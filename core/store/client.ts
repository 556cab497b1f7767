/** ClickHouse over its HTTP interface: commands, queries with typed parameters, inserts of ready bytes. */
import { AppError } from "../errors.ts";

export interface StoreAddress {
  /** Without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type QueryParams = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

export interface CallOptions {
  readonly params?: QueryParams;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal;
  readonly queryId?: string;
  /** null: none. */
  readonly timeoutMs?: number | null;
  /** Without: the address's own. */
  readonly database?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** What ClickHouse answered when it refused: its code and the first line of its words. */
export class StoreError extends AppError {
  constructor(readonly storeCode: number, message: string) {
    super("failed", message);
  }
}

export class Store {
  /** `address` is asked at each call: the local store may have started again on another port. */
  constructor(readonly address: () => StoreAddress) {}

  /** Runs one statement; the answer's text. */
  async command(sql: string, options: CallOptions = {}): Promise<string> {
    return await (await this.#call(sql, null, options)).text();
  }

  /** Rows as objects; 64-bit numbers are text. */
  async query<T = Record<string, unknown>>(sql: string, options: CallOptions = {}): Promise<T[]> {
    const settings = { ...options.settings, output_format_json_quote_64bit_integers: 1 };
    const text = await this.command(`${sql}\nFORMAT JSONEachRow`, { ...options, settings });
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
  }

  /** The answer of one statement as it comes, however long it takes; an abort ends the query. */
  async stream(sql: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.#call(sql, null, { ...options, timeoutMs: null });
    if (!body) throw new AppError("unavailable", "Cannot read from ClickHouse: its answer has no body");
    return body;
  }

  /** `INSERT INTO … FORMAT …` with its bytes. */
  async insert(sql: string, body: Uint8Array<ArrayBuffer>, options: CallOptions = {}): Promise<void> {
    await (await this.#call(sql, body, options)).body?.cancel();
  }

  async #call(
    sql: string,
    body: Uint8Array<ArrayBuffer> | null,
    { params = {}, settings = {}, signal, queryId, database, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions,
  ): Promise<Response> {
    const address = this.address();
    const url = new URL(address.url);
    const set = (name: string, value: string | number) => url.searchParams.set(name, String(value));
    set("database", database ?? address.database);
    if (queryId) set("query_id", queryId);
    for (const [name, value] of Object.entries(settings)) set(name, value);
    for (const [name, value] of Object.entries(params)) set(`param_${name}`, parameterText(value));
    if (body) set("query", sql);
    const signals = [
      ...(signal ? [signal] : []),
      ...(timeoutMs === null ? [] : [AbortSignal.timeout(timeoutMs)]),
    ];
    let answer: Response;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "X-ClickHouse-User": address.user, "X-ClickHouse-Key": address.password },
        body: body ?? sql,
        signal: AbortSignal.any(signals),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
      throw new AppError(
        "unavailable",
        `Cannot reach ClickHouse at ${address.url}: ${why}; check CLICKHOUSE_URL and the server`,
        { cause },
      );
    }
    if (answer.ok) return answer;
    throw refusal(await answer.text(), answer, address.url);
  }
}

function refusal(text: string, answer: Response, url: string): AppError {
  const code = Number(answer.headers.get("x-clickhouse-exception-code")) || answer.status;
  const line = text.split("\n")[0]!.replace(/^Code: \d+\. DB::Exception: /, "").slice(0, 500);
  if (answer.status === 401 || answer.status === 403 || code === 516 || code === 194) {
    return new AppError(
      "unavailable",
      `Cannot log in at ClickHouse at ${url}: check the user and password of CLICKHOUSE_URL`,
    );
  }
  return new StoreError(code, `Cannot run a statement on ClickHouse: ${line}`);
}

/** Text of a parameter, escaped as `param_…` wants it: TSV for a scalar, a literal for an array. */
function parameterText(value: QueryParams[string]): string {
  if (Array.isArray(value)) {
    const one = (item: string | number) =>
      typeof item === "number" ? String(item) : `'${item.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
    return `[${value.map(one).join(",")}]`;
  }
  return String(value).replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n");
}
