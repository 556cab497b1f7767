/** The user who views the page. */
export interface Viewer {
  user: string;
  role: "admin" | "auditor" | "viewer";
}
