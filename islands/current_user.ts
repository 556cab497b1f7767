/** The user who views the page. */
export interface CurrentUser {
  user: string;
  role: "admin" | "auditor" | "viewer";
}
