/** What to type on the server's host, with its data folder. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** The flags that every command on that host needs, with a leading space; "": none. */
export const HostFlags = createContext("");

/** The flags from the page's HTML, for code that is not a component. */
export const hostFlags = (): string =>
  document.querySelector<HTMLMetaElement>("meta[name=host-flags]")?.content ?? "";

/** A legend command line for the host. */
export const useHostCommand = (words: string): string => `legend ${words}${useContext(HostFlags)}`;
