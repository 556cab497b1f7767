/** Values of flags, which the command line gives as text. */

/** The value of a flag whose row says `N`; undefined when it was not given. */
export const number = (value: string | boolean | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
