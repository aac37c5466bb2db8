-- The whole state of a hub. Times are milliseconds since 1970 UTC; 0 = never. `open` = 1 while work is left.

-- Everything that happened, append only; kept by the retention policy.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,            -- connection, or 'hub'
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  received INTEGER NOT NULL,
  body BLOB NOT NULL
);

-- Work still to do: pointers into the journal, deleted when done.
CREATE TABLE queue (seq INTEGER PRIMARY KEY, lane TEXT NOT NULL);
-- the lane up to its last bar: one inbox
CREATE INDEX queue_inbox ON queue (rtrim(lane, replace(lane, '|', '')), seq);

-- Idempotency keys of what was accepted, hashed; kept for good.
CREATE TABLE seen (hash BLOB PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  channel TEXT NOT NULL,           -- where the person was first met
  opted_out INTEGER NOT NULL,
  created INTEGER NOT NULL,
  redirect INTEGER NOT NULL,       -- the person this one was merged into, 0 = none
  erased INTEGER NOT NULL,         -- when everything about the person was removed for privacy, 0 = not
  attributes TEXT NOT NULL,        -- further values by name, JSON; '' = none
  paused_until INTEGER NOT NULL,   -- no automation until then
  outreach TEXT NOT NULL,          -- when unasked messages last went to him, over all channels: the newest last
  rhythm TEXT NOT NULL             -- how he answers; see hub.followup
);

CREATE TABLE identities (
  id TEXT PRIMARY KEY,             -- kind:scope:key
  person INTEGER NOT NULL,
  shared INTEGER NOT NULL,         -- 1 = more than one CRM record owns it
  source TEXT NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX identities_person ON identities (person);

-- How people came to be who they are; undo replays it.
CREATE TABLE identity_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,              -- created, linked, shared, merged
  person INTEGER NOT NULL,
  identity TEXT NOT NULL,
  event INTEGER NOT NULL,
  evidence TEXT NOT NULL
);
CREATE INDEX identity_events_person ON identity_events (person);

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,        -- inbox|thread, or inbox|sender's identity
  inbox TEXT NOT NULL,
  person INTEGER NOT NULL,
  address TEXT NOT NULL,           -- where an answer goes
  state TEXT NOT NULL,             -- open, closed
  opened INTEGER NOT NULL,
  last_in INTEGER NOT NULL,
  last_at INTEGER NOT NULL,        -- the latest message time used, for the tie-break
  last_human INTEGER NOT NULL,
  paused_until INTEGER NOT NULL,
  said TEXT NOT NULL,              -- the last automatic answers, each event:hash:outbox
  fired TEXT NOT NULL,             -- rule -> when it last fired, JSON
  session INTEGER NOT NULL,        -- the running session (messages without a long pause), by its first message; 0 = none
  session_began INTEGER NOT NULL,
  session_last INTEGER NOT NULL,
  fallback INTEGER NOT NULL,       -- when a template was last sent in place of a text, because the window was closed
  claimed TEXT NOT NULL,           -- the agent who has it, '' = nobody
  expects TEXT NOT NULL,           -- answers that the hub's last question waits for, JSON; '' = none
  asked TEXT NOT NULL              -- the person's last questions in a row, JSON; '' = none
);
CREATE INDEX conversations_person ON conversations (person);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL,
  person INTEGER NOT NULL,
  direction TEXT NOT NULL,
  author TEXT NOT NULL,            -- person, bot, agent
  agent TEXT NOT NULL,
  form TEXT NOT NULL,
  text TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  reply_to TEXT NOT NULL,
  at INTEGER NOT NULL,             -- provider time; the milliseconds carry the tie-break
  received INTEGER NOT NULL,
  status TEXT NOT NULL,
  status_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  event INTEGER NOT NULL,
  content TEXT NOT NULL,           -- what it holds beside its text, JSON; '' = nothing
  session INTEGER NOT NULL,        -- id of the first message of its session, 0 = in none
  edited INTEGER NOT NULL,         -- when its writer changed it, 0 = never; `text` is the new one
  deleted INTEGER NOT NULL         -- when its writer took it back, 0 = never
);
CREATE INDEX messages_session ON messages (session) WHERE session > 0;
CREATE INDEX messages_conversation ON messages (conversation, at);
CREATE INDEX messages_provider ON messages (provider_id) WHERE provider_id <> '';

-- Edits and removals that came before the message they are about; it takes them when it comes within a day.
CREATE TABLE early (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  inbox TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  change TEXT NOT NULL,            -- edited, deleted
  text TEXT NOT NULL,
  form TEXT NOT NULL,
  changed INTEGER NOT NULL,        -- when its writer did it
  at INTEGER NOT NULL              -- when it came
);
CREATE INDEX early_provider ON early (provider_id);

-- Files of inbound messages, fetched by a job of their own.
CREATE TABLE media (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL,
  source TEXT NOT NULL,            -- connection
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  url TEXT NOT NULL,
  mime TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  state TEXT NOT NULL,             -- pending, stored, expired, dead
  blob TEXT NOT NULL,              -- its name in the blob store
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX media_due ON media (due) WHERE state = 'pending';
CREATE INDEX media_message ON media (message);
CREATE INDEX media_blob ON media (blob) WHERE blob <> '';

-- What a platform approved beforehand, as it listed it last.
CREATE TABLE templates (
  connection TEXT NOT NULL,
  account TEXT NOT NULL,           -- '' = every account of the connection
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  status TEXT NOT NULL,
  usable INTEGER NOT NULL,
  category TEXT NOT NULL,
  quality TEXT NOT NULL,
  header INTEGER NOT NULL,         -- how many variables
  body INTEGER NOT NULL,
  buttons INTEGER NOT NULL,
  header_media TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (connection, account, name, language)
) WITHOUT ROWID;

-- Files of the hub that a platform holds: uploaded once, sent by reference while it keeps them.
CREATE TABLE uploads (
  connection TEXT NOT NULL,
  account TEXT NOT NULL,
  blob TEXT NOT NULL,
  ref TEXT NOT NULL,               -- the platform's name of it
  at INTEGER NOT NULL,
  PRIMARY KEY (connection, account, blob)
) WITHOUT ROWID;

-- What platforms told the business about itself, and gaps the hub found: for the admin.
CREATE TABLE news (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  connection TEXT NOT NULL,
  account TEXT NOT NULL,
  topic TEXT NOT NULL,             -- template, quality, account, gap
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  bad INTEGER NOT NULL,
  event INTEGER NOT NULL
);
CREATE INDEX news_subject ON news (connection, topic, subject);

-- Every report about an outbound message, with its own time.
CREATE TABLE statuses (
  message INTEGER NOT NULL,
  status TEXT NOT NULL,
  at INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (message, status)
) WITHOUT ROWID;

-- Everything the hub has to do outside.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,        -- event:kind:target:rule:slot
  kind TEXT NOT NULL,              -- send, person, log, object, file
  target TEXT NOT NULL,            -- inbox or CRM
  lane INTEGER NOT NULL,           -- person
  message INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  event INTEGER NOT NULL,
  rule TEXT NOT NULL,
  class TEXT NOT NULL,
  state TEXT NOT NULL,             -- held, waiting, started, evidence, done, uncertain, dead, dropped
  open INTEGER NOT NULL,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  doubt INTEGER NOT NULL,          -- 1 = an earlier try got no answer
  created INTEGER NOT NULL,
  started INTEGER NOT NULL,
  record TEXT NOT NULL,            -- what it became in the CRM; while a log is under way, whose it is tried under
  reason TEXT NOT NULL,
  body TEXT NOT NULL               -- what to do, JSON, where no row of another table says it
);
CREATE INDEX outbox_record ON outbox (record) WHERE record <> '';
CREATE INDEX outbox_work ON outbox (target, kind, state, id) WHERE open = 1;
-- what comes due is looked for several times a second: never by reading all that is open
CREATE INDEX outbox_evidence ON outbox (due) WHERE open = 1 AND state = 'evidence';
CREATE INDEX outbox_due ON outbox (target, due) WHERE open = 1 AND due > 0;
CREATE INDEX outbox_lane ON outbox (target, lane, id) WHERE open = 1;
CREATE INDEX outbox_message ON outbox (message) WHERE message > 0;

-- Person <-> CRM record.
CREATE TABLE links (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  crm TEXT NOT NULL,
  state TEXT NOT NULL,
  record TEXT NOT NULL,
  key TEXT NOT NULL,               -- the hub's unique key on the record
  owner TEXT NOT NULL,
  also TEXT NOT NULL,              -- other records that own the same identity, JSON list
  made INTEGER NOT NULL,           -- when the CRM says the record was created
  since INTEGER NOT NULL,
  reason TEXT NOT NULL,
  synced TEXT NOT NULL,            -- by CRM field: what each side had when they were compared last, and why, JSON
  mapping INTEGER NOT NULL,        -- the mapping version that wrote there last, 0 = none
  missing INTEGER NOT NULL,        -- when a reading first did not find the record, and nobody said why; 0 = it was found
  UNIQUE (person, crm)
);
CREATE INDEX links_key ON links (key) WHERE key <> '';
CREATE INDEX links_mapping ON links (crm, mapping) WHERE mapping > 0;
CREATE INDEX links_record ON links (crm, record) WHERE record <> '';

-- Records of a CRM beside the contacts: companies, deals, tickets, tasks.
CREATE TABLE crm_objects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  crm TEXT NOT NULL,
  type TEXT NOT NULL,
  record TEXT NOT NULL,
  title TEXT NOT NULL,
  stage TEXT NOT NULL,
  closed INTEGER NOT NULL,
  owner TEXT NOT NULL,
  amount TEXT NOT NULL,
  due INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  fields TEXT NOT NULL,            -- JSON
  UNIQUE (crm, type, record)
);

CREATE TABLE crm_object_contacts (
  crm TEXT NOT NULL,
  contact TEXT NOT NULL,           -- contact record
  object INTEGER NOT NULL,
  PRIMARY KEY (crm, contact, object)
) WITHOUT ROWID;
CREATE INDEX crm_object_contacts_object ON crm_object_contacts (object);

-- Records a CRM's webhook named: to be read again, many at once.
CREATE TABLE crm_touched (
  crm TEXT NOT NULL,
  type TEXT NOT NULL,
  record TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (crm, type, record)
) WITHOUT ROWID;

-- Replies that agents wrote in the CRM: each once, until its outcome stands there.
CREATE TABLE crm_answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  crm TEXT NOT NULL,
  type TEXT NOT NULL,
  record TEXT NOT NULL,
  message INTEGER NOT NULL,        -- the last message it became, 0 = none
  state TEXT NOT NULL,             -- open, told
  outcome TEXT NOT NULL,           -- sending, sent, failed
  at INTEGER NOT NULL,             -- when it was taken
  told INTEGER NOT NULL,           -- when its outcome stood in the CRM
  asked TEXT NOT NULL,             -- hashes of the texts that were taken since an outcome stood there last
  UNIQUE (crm, type, record)
);
CREATE INDEX crm_answers_message ON crm_answers (message) WHERE message > 0;

CREATE TABLE timers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL,
  subject_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  slot TEXT NOT NULL,
  generation INTEGER NOT NULL,
  due INTEGER NOT NULL,
  armed INTEGER NOT NULL,
  about TEXT NOT NULL,             -- what it goes on with, JSON; '' = nothing
  UNIQUE (subject, subject_id, rule, slot)
);
CREATE INDEX timers_due ON timers (due) WHERE armed = 1;

-- Why something was done or not done.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event INTEGER NOT NULL,
  at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  person INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  because TEXT NOT NULL,
  record TEXT NOT NULL             -- the rules that were looked at, each condition with what was seen, JSON; '' = none
);
CREATE INDEX decisions_event ON decisions (event);
CREATE INDEX decisions_person ON decisions (person, id);

-- What a person wants, over all channels: one open one at a time.
CREATE TABLE inquiries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  conversation INTEGER NOT NULL,   -- where it was spoken of last
  state TEXT NOT NULL,             -- open, snoozed, closed
  opened INTEGER NOT NULL,
  first INTEGER NOT NULL,          -- 1 = the person's first one
  ended INTEGER NOT NULL,          -- when it was closed, 0 = it is not
  reopened INTEGER NOT NULL,
  changed INTEGER NOT NULL,        -- when anything happened last
  reason TEXT NOT NULL,            -- why it was closed
  waits_for TEXT NOT NULL,         -- us, person, nobody
  until INTEGER NOT NULL,          -- when it wakes, if it sleeps
  plan TEXT NOT NULL,              -- the next step that somebody decided, JSON; '' = nothing was decided
  priority TEXT NOT NULL,
  named INTEGER NOT NULL,          -- 1 = somebody named its priority: it follows from nothing
  owner TEXT NOT NULL,             -- an agent's name
  assigned INTEGER NOT NULL,
  reply_by INTEGER NOT NULL,       -- when its clock runs out, 0 = none runs
  clock TEXT NOT NULL,             -- JSON; '' = it has none
  answered INTEGER NOT NULL,       -- when it was answered first, 0 = not yet
  worked INTEGER NOT NULL,         -- ms of working time until then
  answered_by TEXT NOT NULL,       -- who had it then
  context TEXT NOT NULL,           -- what is known of it, JSON; '' = nothing
  silence TEXT NOT NULL,           -- the silence after our last message, JSON; '' = there is none
  nudges INTEGER NOT NULL          -- unasked messages about it
);
CREATE INDEX inquiries_person ON inquiries (person, id);
CREATE INDEX inquiries_owner ON inquiries (owner, assigned);
CREATE INDEX inquiries_open ON inquiries (state, id) WHERE state <> 'closed';
CREATE INDEX inquiries_answered ON inquiries (answered) WHERE answered > 0;

CREATE TABLE person_tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  tag TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,          -- when it expires, 0 = never
  by_whom TEXT NOT NULL,           -- a rule, an agent, derived
  UNIQUE (person, tag)
);
CREATE INDEX person_tags_tag ON person_tags (tag, person);

-- The values of people as they are compared: see hub.store.values.
CREATE TABLE person_values (
  person INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,              -- canonical, its beginning
  figure INTEGER NOT NULL,         -- orders as the number that it is; the least one there is = it is none
  PRIMARY KEY (person, name)
) WITHOUT ROWID;
CREATE INDEX person_values_text ON person_values (name, text, person);
CREATE INDEX person_values_figure ON person_values (name, figure, person) WHERE figure > -9223372036854775807;

-- Every tag that was ever put on or taken off.
CREATE TABLE tag_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  tag TEXT NOT NULL,
  what TEXT NOT NULL,              -- added, removed, expired, replaced
  by_whom TEXT NOT NULL,
  event INTEGER NOT NULL
);
CREATE INDEX tag_history_person ON tag_history (person, id);
CREATE INDEX tag_history_tag ON tag_history (tag, at);

-- Consent to be written to for a purpose, as it was given or withdrawn last.
CREATE TABLE consents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  given INTEGER NOT NULL,          -- 1, or 0 = withdrawn
  at INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  UNIQUE (person, purpose)
);

-- What humans stopped beside single conversations and people: a rule, a campaign, everything.
CREATE TABLE pauses (
  name TEXT PRIMARY KEY,           -- rule:NAME, campaign:NAME, or '*'
  until INTEGER NOT NULL,
  agent TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- What people think of the answers they got.
CREATE TABLE ratings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  about TEXT NOT NULL,             -- a rule, or an agent
  score INTEGER NOT NULL,          -- 0 to 100
  event INTEGER NOT NULL
);
CREATE INDEX ratings_about ON ratings (about, at);

-- A campaign that was started: once for each person of its segment.
CREATE TABLE campaign_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  campaign TEXT NOT NULL,
  at INTEGER NOT NULL,
  agent TEXT NOT NULL,
  state TEXT NOT NULL,             -- filling, running, stopped, done
  people INTEGER NOT NULL,
  ended INTEGER NOT NULL
);
CREATE TABLE campaign_people (
  run INTEGER NOT NULL,
  person INTEGER NOT NULL,
  state TEXT NOT NULL,             -- waiting, asked
  PRIMARY KEY (run, person)
) WITHOUT ROWID;
CREATE INDEX campaign_people_waiting ON campaign_people (run, person) WHERE state = 'waiting';

-- How many silences of people of a kind came to a step of it, and how many of them ended there by an answer.
CREATE TABLE chances (
  step INTEGER NOT NULL,
  kind TEXT NOT NULL,
  cases INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  PRIMARY KEY (step, kind)
) WITHOUT ROWID;

-- How everybody together answers; see hub.followup.
CREATE TABLE rhythm (
  name TEXT PRIMARY KEY,           -- everybody
  asked INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  logs INTEGER NOT NULL
) WITHOUT ROWID;

-- Copies of the store that were made and verified.
CREATE TABLE backups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  verified INTEGER NOT NULL,       -- when it was opened and checked, 0 = not
  reason TEXT NOT NULL
);

CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

-- What only one process does at a time, and which one does it; a process itself is there as process:NAME.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,            -- process, '' = given back
  fence INTEGER NOT NULL,          -- grows whenever it is taken
  until INTEGER NOT NULL           -- by the server's clock
) WITHOUT ROWID;

-- What the hub itself wrote into the CRM, so that it is recognised when it comes back.
CREATE TABLE write_ledger (
  crm TEXT NOT NULL,
  record TEXT NOT NULL,            -- the hub's key on the record
  field TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (record, field, hash, crm)
) WITHOUT ROWID;

-- Values that lost where both sides had changed a field, or where a human is asked which one stays.
CREATE TABLE conflicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  crm TEXT NOT NULL,
  record TEXT NOT NULL,
  field TEXT NOT NULL,             -- the CRM's field
  rule TEXT NOT NULL,              -- what decided: hub, crm, newest, ask, ...
  ours TEXT NOT NULL,              -- the hub's value, as the CRM would have it
  theirs TEXT NOT NULL,            -- the CRM's
  kept TEXT NOT NULL,              -- hub, crm; '' = nobody decided yet
  state TEXT NOT NULL,             -- settled, asked, restored
  mapping INTEGER NOT NULL,        -- version of the mapping
  event INTEGER NOT NULL
);
CREATE INDEX conflicts_person ON conflicts (person, crm, field);
CREATE INDEX conflicts_asked ON conflicts (state) WHERE state = 'asked';

-- Versions of each CRM's mapping. One is active; one may be on trial with a few people.
CREATE TABLE mappings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  crm TEXT NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,              -- the file as it was
  hash TEXT NOT NULL,
  agent TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL,             -- trial, active, retired, rejected
  ended INTEGER NOT NULL,          -- when it stopped being active or on trial
  trial TEXT NOT NULL,             -- outbox ids of the people it was tried with, JSON; '' = none
  reason TEXT NOT NULL
);
CREATE INDEX mappings_crm ON mappings (crm, state);

-- What a CRM's person fields and users were when they were read last, JSON.
CREATE TABLE crm_shapes (
  crm TEXT PRIMARY KEY,
  fields TEXT NOT NULL,
  owners TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE plugin_work (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plugin TEXT NOT NULL,
  event INTEGER NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER NOT NULL,
  UNIQUE (plugin, event)
);

CREATE TABLE dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,              -- event, unrouted, send, person, log, plugin, uncertain, media, review, field
  ref INTEGER NOT NULL,            -- journal seq, outbox id, media id, or person for a review
  person INTEGER NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,             -- open, retried, dropped
  handled INTEGER NOT NULL
);
CREATE INDEX dead_open ON dead (state, id);

-- Versions of hub.toml. One is active.
CREATE TABLE configurations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,              -- the file as it was
  at INTEGER NOT NULL,
  agent TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL,             -- active, retired, rejected
  reason TEXT NOT NULL
);

-- Every transaction that decided something, in order: what is needed to do it once more. Kept as long as the journal.
CREATE TABLE trail (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,              -- see hub.store.trail
  at INTEGER NOT NULL,             -- the time it was done for
  what TEXT NOT NULL               -- its events or commands, and the numbers of the rows it made, JSON
);
