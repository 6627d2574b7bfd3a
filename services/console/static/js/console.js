// Every page loads this: each module looks for what it serves and does nothing where there is none.
// Pages work without it; it adds countdowns, live parts and keys.

import { startCountdowns } from "./countdown.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";

startCountdowns(document);
startForms(document);
startKeys(document);
startLive(document);
