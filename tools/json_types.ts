/** Checks whether a JSON value has the type of a TypeScript interface; the compiler itself reads the types. */
import ts from "typescript";
import { ROOT } from "./paths.ts";

/** The interfaces of some files, by name. */
export class JsonTypes {
  readonly #checker: ts.TypeChecker;
  readonly #types = new Map<string, ts.Type>();

  /** `files`: paths from the root. */
  constructor(files: readonly string[]) {
    const paths = files.map((file) => `${ROOT}/${file}`);
    const program = ts.createProgram(paths, {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      types: [],
    });
    this.#checker = program.getTypeChecker();
    for (const path of paths) {
      const source = program.getSourceFile(path);
      if (!source) throw new Error(`Cannot read the types of ${path}`);
      for (const symbol of this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(source)!)) {
        this.#types.set(symbol.name, this.#checker.getDeclaredTypeOfSymbol(symbol));
      }
    }
  }

  /**
   * Differences between `value` and the type: fields that the type lacks or declares differently, and required fields
   * that are missing.
   */
  problems(name: string, value: unknown): string[] {
    const type = this.#types.get(name);
    if (!type) throw new Error(`Cannot find the type ${name}`);
    return this.#problems(type, value, name);
  }

  #problems(type: ts.Type, value: unknown, at: string): string[] {
    if (type.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) return [];
    if (type.isUnion()) {
      const all = type.types.map((one) => this.#problems(one, value, at));
      return all.find((problems) => problems.length === 0) ??
        all.toSorted((a, b) => a.length - b.length).find((problems) => problems[0]!.startsWith(`${at}.`)) ??
        [`${at} is ${shown(value)}, not ${this.#checker.typeToString(type)}`];
    }
    const wrong = [`${at} is ${shown(value)}, not ${this.#checker.typeToString(type)}`];
    if (type.flags & ts.TypeFlags.Null) return value === null ? [] : wrong;
    if (type.flags & ts.TypeFlags.Undefined) return value === undefined ? [] : wrong;
    if (type.isLiteral()) return value === type.value ? [] : wrong;
    if (type.flags & ts.TypeFlags.BooleanLiteral) {
      return String(value) === this.#checker.typeToString(type) ? [] : wrong;
    }
    if (type.flags & ts.TypeFlags.StringLike) return typeof value === "string" ? [] : wrong;
    if (type.flags & ts.TypeFlags.NumberLike) return typeof value === "number" ? [] : wrong;
    if (this.#checker.isArrayType(type)) {
      const [of] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return Array.isArray(value)
        ? value.flatMap((one, n) => this.#problems(of!, one, `${at}[${n}]`))
        : wrong;
    }
    if (this.#checker.isTupleType(type)) {
      const of = this.#checker.getTypeArguments(type as ts.TypeReference);
      return Array.isArray(value) && value.length === of.length
        ? value.flatMap((one, n) => this.#problems(of[n]!, one, `${at}[${n}]`))
        : wrong;
    }
    if (value === null || typeof value !== "object" || Array.isArray(value)) return wrong;
    return this.#fields(type, value as Record<string, unknown>, at);
  }

  #fields(type: ts.Type, value: Record<string, unknown>, at: string): string[] {
    const properties = new Map(
      this.#checker.getPropertiesOfType(type).map((property) => [property.name, property]),
    );
    const index = this.#checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const missing = [...properties.values()]
      .filter(({ name, flags }) => !(flags & ts.SymbolFlags.Optional) && value[name] === undefined)
      .map(({ name }) => `${at}.${name} is missing`);
    const present = Object.entries(value).flatMap(([name, one]) => {
      const property = properties.get(name);
      const of = property ? this.#checker.getTypeOfSymbol(property) : index?.type;
      return of ? this.#problems(of, one, `${at}.${name}`) : [`${at}.${name} is not declared`];
    });
    return [...missing, ...present];
  }
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? "undefined";
