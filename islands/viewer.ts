/** Who looks at the page. */
export interface Viewer {
  user: string;
  role: "admin" | "auditor" | "viewer";
}
