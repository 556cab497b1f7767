/** What draws the charts: a file of its own, fetched by a page that shows one. */
export { default } from "uplot";
