/** What to type on the server's host: with its data folder. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** The flags that every command there needs, with a space before them; "": none. */
export const HostFlags = createContext("");

/** The flags as the page's HTML has them, for what is no component. */
export const hostFlags = (): string =>
  document.querySelector<HTMLMetaElement>("meta[name=host-flags]")?.content ?? "";

/** A command line of legend on the host. */
export const useHostCommand = (words: string): string => `legend ${words}${useContext(HostFlags)}`;
