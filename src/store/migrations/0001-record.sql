-- The clinical record: analyses, their legs, artefacts and history; what was watched; the audit trail.
-- Applied migrations are never edited: their sha256 is remembered. A change is a new file.

create table gliabridge.analyses (
  analysis_id         text primary key,
  study_instance_uid  text not null,
  bundle_id           text not null,
  bundle_digest       text not null,
  instance_set_digest text not null,
  state               text not null check (state in ('queued', 'running', 'analysed', 'delivered', 'held', 'superseded')),
  hold                jsonb,
  attempts            integer not null default 0,
  created_at          timestamptz not null,
  updated_at          timestamptz not null,
  due_at              timestamptz not null,
  lease_owner         text,
  lease_until         timestamptz,
  summary             jsonb,
  check ((state = 'held') = (hold is not null)),
  check ((lease_owner is null) = (lease_until is null))
);
create index analyses_by_study on gliabridge.analyses (study_instance_uid, created_at);
create index analyses_by_age on gliabridge.analyses (created_at desc, analysis_id);
-- Serves the claim: only what may still move by itself, oldest first.
create index analyses_open on gliabridge.analyses (created_at, analysis_id) where state in ('queued', 'running', 'analysed');

create table gliabridge.legs (
  analysis_id text not null references gliabridge.analyses,
  leg         text not null check (leg in ('pacs', 'ehr')),
  state       text not null check (state in ('waiting', 'done', 'failed')),
  attempts    integer not null default 0,
  last_error  jsonb,
  done_at     timestamptz,
  receipt     jsonb,
  primary key (analysis_id, leg),
  check (state <> 'done' or done_at is not null)
);

create table gliabridge.artifacts (
  analysis_id         text not null references gliabridge.analyses,
  role                text not null check (role in ('segmentation', 'pdf', 'encapsulated-pdf', 'result')),
  media_type          text not null,
  bytes               bytea not null,
  sha256              text not null,
  sop_instance_uid    text,
  series_instance_uid text,
  sop_class_uid       text,
  primary key (analysis_id, role)
);
-- Images and PDF do not compress further.
alter table gliabridge.artifacts alter column bytes set storage external;

create table gliabridge.analysis_events (
  event_id    bigint generated always as identity primary key,
  analysis_id text not null references gliabridge.analyses,
  at          timestamptz not null,
  kind        text not null,
  text        text not null,
  data        jsonb
);
create index analysis_events_of on gliabridge.analysis_events (analysis_id, event_id);

create table gliabridge.watched_studies (
  study_instance_uid  text primary key,
  instance_set_digest text not null,
  instance_count      integer not null,
  first_seen_at       timestamptz not null,
  changed_at          timestamptz not null,
  decided_digest      text,
  decision            text
);
create index watched_studies_undecided on gliabridge.watched_studies (changed_at)
  where decided_digest is distinct from instance_set_digest;

create table gliabridge.cursors (
  trigger_name text primary key,
  value        text not null,
  updated_at   timestamptz not null
);

create table gliabridge.own_instances (
  sop_instance_uid text primary key,
  added_at         timestamptz not null
);

create table gliabridge.audit (
  audit_id           bigint generated always as identity primary key,
  at                 timestamptz not null,
  action             text not null check (action in ('read', 'write')),
  target             text not null check (target in ('pacs', 'ehr')),
  study_instance_uid text not null,
  what               text not null,
  outcome            text not null check (outcome in ('success', 'failure'))
);
create index audit_by_study on gliabridge.audit (study_instance_uid, audit_id);

-- History is added to, never rewritten, whoever holds the connection.
create function gliabridge.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on gliabridge.analysis_events
  for each row execute function gliabridge.refuse_change();
create trigger append_only before update or delete on gliabridge.audit
  for each row execute function gliabridge.refuse_change();
