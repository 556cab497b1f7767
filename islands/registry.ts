/** The islands by name: the server renders them, the browser wakes them. One sorted row each. */
import AuditTable from "./AuditTable.tsx";
import Datasets from "./Datasets.tsx";
import KillDialog from "./KillDialog.tsx";
import LiveTable from "./LiveTable.tsx";
import LoginForm from "./LoginForm.tsx";
import LoginSheet from "./LoginSheet.tsx";
import Overview from "./Overview.tsx";
import Settings from "./Settings.tsx";
import StatusStrip from "./StatusStrip.tsx";
import Training from "./Training.tsx";

export const ISLANDS = {
  AuditTable,
  Datasets,
  KillDialog,
  LiveTable,
  LoginForm,
  LoginSheet,
  Overview,
  Settings,
  StatusStrip,
  Training,
};
export type IslandName = keyof typeof ISLANDS;
