/**
 * The form of a kind of job on the page: what the kind declares, and what is rendered from that and from its schema.
 */

/** What a kind declares about a field; its sort, choices, default and range come from the schema. */
export interface FieldText {
  readonly label: string;
  /** Shown below the field; an error takes its place. */
  readonly hint?: string;
  /** Unit of its number, shown after the label. */
  readonly unit?: string;
  /** As wide as the form. */
  readonly wide?: true;
  /** Labels of choices; a choice without a label is shown by its name. */
  readonly words?: Readonly<Record<string, string>>;
  /** For a time: how many days before now its initial value is. */
  readonly days_back?: number;
  /** For a text: its initial value, where `{day}` is replaced by today. */
  readonly begins?: string;
  /** The value names something that must not exist yet: when a job is asked for again, the name gets the next number. */
  readonly fresh?: true;
  /** For a list: exactly one of its choices or none; this is the label of none. */
  readonly one_or?: string;
  /** Choices that cannot be selected when the training engines cannot be loaded. */
  readonly need_engines?: readonly string[];
}

/** The form as its kind declares it; what it does not name keeps its default. */
export interface FormText {
  /** Prefix of its fields' ids; unique to this kind. */
  readonly id: string;
  /** `{name}` is replaced by the label of the page's own value of that name. */
  readonly title: string;
  readonly submit: string;
  /** Three fields in a row; by default two. */
  readonly columns?: 3;
  /** Values that the page provides, with the label of each. */
  readonly given?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By path in the request (`range.start`), in the order of the form. */
  readonly fields: Readonly<Record<string, FieldText>>;
}

/** How a field is rendered and parsed. */
export type FieldSort = "time" | "text" | "number" | "choice" | "several" | "switch";

/** A field with what its schema declares. */
export interface FormField extends FieldText {
  readonly path: string;
  readonly sort: FieldSort;
  readonly values?: readonly string[];
  readonly begins_with?: unknown;
  /** For a number: whether it is whole, and its range; `above`: the limit itself is excluded. */
  readonly whole?: boolean;
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  /** For a list: how many choices must be selected. */
  readonly least?: number;
}

/** A form as the page renders it. */
export interface JobForm extends Omit<FormText, "fields"> {
  readonly kind: string;
  readonly page: "training" | "datasets";
  /** The path that the request is posted to. */
  readonly start: string;
  readonly fields: readonly FormField[];
}
