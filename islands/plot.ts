/** The chart library, in a file of its own: fetched only by a page that shows a chart. */
export { default } from "uplot";
