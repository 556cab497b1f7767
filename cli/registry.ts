/** All verbs, by name. A verb is one file and one row. */
import type { Command } from "./command.ts";
import { auditShow, auditVerify } from "./audit.ts";
import { capture } from "./capture.ts";
import { completions } from "./completions.ts";
import { configCheck, configShow } from "./config.ts";
import { control, kill, unkill } from "./control.ts";
import { dbAcceptLog, dbMigrate, dbQuery } from "./db.ts";
import { decode } from "./decode.ts";
import { doctor } from "./doctor.ts";
import { slo } from "./slo.ts";
import { dlqList, dlqReplay } from "./dlq.ts";
import { explain } from "./explain.ts";
import { jobCancel, jobList, jobLogs, jobRetry, jobShow } from "./job.ts";
import {
  modelCompare,
  modelDeploy,
  modelImport,
  modelList,
  modelPin,
  modelReport,
  modelRollback,
  modelShadow,
  modelShow,
  modelVerify,
} from "./model.ts";
import { replay } from "./replay.ts";
import { run } from "./run.ts";
import { runAgent } from "./run_agent.ts";
import { runApi } from "./run_api.ts";
import { runLink } from "./run_link.ts";
import { runMirror } from "./run_mirror.ts";
import { runSink } from "./run_sink.ts";
import { runStore } from "./run_store.ts";
import { runWorker } from "./run_worker.ts";
import { scrape } from "./scrape.ts";
import { topicsCreate, topicsLag, topicsList, topicsTail, topicsVerify } from "./topics.ts";
import { train } from "./train.ts";
import { userAdd, userList, userPasswd } from "./user.ts";
import { version } from "./version.ts";

export const COMMANDS: readonly Command[] = [
  auditShow,
  auditVerify,
  capture,
  completions,
  configCheck,
  configShow,
  control,
  dbAcceptLog,
  dbMigrate,
  dbQuery,
  decode,
  dlqList,
  dlqReplay,
  doctor,
  explain,
  jobCancel,
  jobList,
  jobLogs,
  jobRetry,
  jobShow,
  kill,
  modelCompare,
  modelDeploy,
  modelImport,
  modelList,
  modelPin,
  modelReport,
  modelRollback,
  modelShadow,
  modelShow,
  modelVerify,
  replay,
  run,
  runAgent,
  runApi,
  runLink,
  runMirror,
  runSink,
  runStore,
  runWorker,
  scrape,
  slo,
  topicsCreate,
  topicsLag,
  topicsList,
  topicsTail,
  topicsVerify,
  train,
  unkill,
  userAdd,
  userList,
  userPasswd,
  version,
];
