-- Which bundle people made active, and which runs in shadow: added to and never changed; all rows together are how it stands.
create table gliabridge.bundle_changes (
  change_id bigint generated always as identity primary key,
  at        timestamptz not null,
  action    text not null check (action in ('shadow', 'end-shadow', 'activate', 'rollback')),
  bundle    jsonb,
  by        text not null,
  reason    text not null
);
create trigger append_only before update or delete on gliabridge.bundle_changes
  for each row execute function gliabridge.refuse_change();

-- Studies that a candidate computes in shadow: claimed until due_at, then with what came out beside the active bundle's result.
create table gliabridge.shadow_cases (
  analysis_id  text not null references gliabridge.analyses,
  digest       text not null,
  active_model text not null,
  attempts     integer not null,
  due_at       timestamptz not null,
  compared_at  timestamptz,
  comparison   jsonb,
  primary key (analysis_id, digest)
);
create index shadow_cases_of on gliabridge.shadow_cases (digest, compared_at desc) where comparison is not null;
-- Serves the search for the next study of a shadow run.
create index analyses_by_model on gliabridge.analyses (model_digest, created_at, analysis_id) where state = 'delivered';
