/** The page's form of a kind of job: what the kind says of it, and what is drawn of that and of its schema. */

/** What a kind says of a field; its sort, choices, default and range are its schema's. */
export interface FieldText {
  readonly label: string;
  /** Stands below the field; what is wrong with it takes the place. */
  readonly hint?: string;
  /** What its number counts; stands after the label. */
  readonly unit?: string;
  /** As wide as the form. */
  readonly wide?: true;
  /** Words of choices; a choice without goes by its name. */
  readonly words?: Readonly<Record<string, string>>;
  /** Of a time: how many days before now it begins at. */
  readonly days_back?: number;
  /** Of a text: what it begins with, `{day}` being today. */
  readonly begins?: string;
  /** It names something that must not be there yet: asked for again, it gets the next number. */
  readonly fresh?: true;
  /** Of a list: one of its choices or none of them, which goes by this word. */
  readonly one_or?: string;
  /** Choices that cannot be taken where the training engines cannot be loaded. */
  readonly need_engines?: readonly string[];
}

/** The form as its kind declares it; what is not named in it keeps its default. */
export interface FormText {
  /** Begins the ids of its fields; no other kind has it. */
  readonly id: string;
  /** `{name}` is replaced by the word of the page's own value of that name. */
  readonly title: string;
  readonly submit: string;
  /** Three fields beside each other; without, two. */
  readonly columns?: 3;
  /** What the page gives, with the word of each value. */
  readonly given?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By path in what is asked for (`range.start`), in the order of the form. */
  readonly fields: Readonly<Record<string, FieldText>>;
}

/** How a field is drawn and read. */
export type FieldSort = "time" | "text" | "number" | "choice" | "several" | "switch";

/** A field with what its schema says. */
export interface FormField extends FieldText {
  readonly path: string;
  readonly sort: FieldSort;
  readonly values?: readonly string[];
  readonly begins_with?: unknown;
  /** Of a number: whole, and its range; `above`: without that value itself. */
  readonly whole?: boolean;
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  /** Of a list: how many must be chosen. */
  readonly least?: number;
}

/** A form as the page draws it. */
export interface JobForm extends Omit<FormText, "fields"> {
  readonly kind: string;
  readonly page: "training" | "datasets";
  /** The path that takes it. */
  readonly start: string;
  readonly fields: readonly FormField[];
}
